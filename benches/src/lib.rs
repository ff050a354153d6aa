//! Benchmarks of executors: which executor, how many workers, which chunksize, threads or processes.
//!
//! * [`run_sweep`] runs a [`Sweep`] over subjects named by address and gives records with an
//!   interval for each figure;
//! * [`engine`] is what measures: subjects interleaved round by round, in several launches;
//! * [`stats`] is what concludes.
//!
//! This crate knows no executor, only the harness's [`Contender`](poolproof_harness::Contender).

mod compare;
pub mod engine;
mod error;
pub mod stats;
mod sweep;

pub use compare::{compare, compare_with};
pub use engine::serve_if_contender;
pub use error::{BenchError, Holes};
pub use sweep::{Sweep, SweepOptions, run_sweep, run_sweep_with};
