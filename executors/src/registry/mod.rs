//! Finds subjects and contenders by their address.
//!
//! Native executors are rows of one table (`table.rs`): to add a crate, write a file that implements
//! [`Native`] and name it there; both the checks and the benchmarks then find it.

mod error;
mod lookup;
mod native;
mod nearest;
mod table;

pub use error::RegistryError;
pub use lookup::{Entry, catalogue, contender, subject};
pub use native::{BenchOnly, Family, Native, OptionHelp};
