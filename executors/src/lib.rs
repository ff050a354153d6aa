//! Executors: the reference executors, adapters to third-party crates, and drivers for other
//! languages; and [`registry`], which finds each by its address.

pub mod adapters;
pub mod address;
mod arguments;
pub mod driver;
pub mod gil;
pub mod process;
pub mod registry;
pub mod serial;
pub mod smoke;
pub mod thread;
pub mod thread_per_task;
