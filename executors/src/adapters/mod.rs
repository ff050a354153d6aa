//! Adapters: third-party crates as executors, one file each.
//!
//! Every file is also an example of how to bring a pool under test: implement [`Spawn`] in a dozen
//! lines, declare honestly what the pool does not do, and name the file in the registry's table.
//!
//! [`Spawn`]: poolproof_harness::Spawn

#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(feature = "tokio")]
pub mod tokio_blocking;
