//! Benchmarks of executors: which executor, how many workers, which chunksize, threads or processes.
//!
//! * [`run_sweep`] runs a [`Sweep`] over subjects named by address and gives records with an
//!   interval for each figure;
//! * [`engine`] is what measures: subjects interleaved round by round, in several launches;
//! * [`stats`] is what concludes;
//! * [`experiments`] are those of the notes, on any subject;
//! * [`claims`] are those of the notes, measured again;
//! * [`self_check`] shows what the engine makes of costs that are known, and what this machine can do at best.
//!
//! `cargo bench` runs the same rounds under criterion, over the reference executors;
//! `POOLPROOF_BENCH_SHORT=1` makes that less than two minutes.
//!
//! This crate knows no executor, only the harness's [`Contender`](poolproof_harness::Contender).

pub mod claims;
mod compare;
pub mod engine;
mod error;
pub mod experiments;
pub mod self_check;
pub mod stats;
mod sweep;

pub use compare::{compare, compare_with};
pub use engine::serve_if_contender;
pub use error::{BenchError, Holes};
pub use sweep::{Answers, Sweep, SweepOptions, run_sweep, run_sweep_with};
