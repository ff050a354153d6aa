//! Executors: the reference executors, adapters to third-party crates, and drivers for other
//! languages; and [`registry`], which finds each by its address.

pub mod adapters;
pub mod driver;
pub mod gil;
pub mod process;
pub mod registry;
pub mod serial;
pub mod thread;
