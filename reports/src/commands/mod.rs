//! The commands, one file each.

mod addresses;
pub mod bench;
mod bound;
pub mod check;
pub mod compare;
pub mod completions;
pub mod demo;
pub mod explain;
mod failure;
mod formats;
pub mod main_job;
pub mod merge;
pub mod profile;
pub mod report;
pub mod requirements;
mod selection;
pub mod self_test;
pub mod smoke;
pub mod subjects;

pub use failure::Failure;
