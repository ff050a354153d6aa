//! The tasks that benchmarks run.
//!
//! A workload is one file here, with what it does and how long that takes nominally, and one line
//! in the list of `workload.rs`; a law of durations is a function in `laws.rs` and such a line.

mod cpu;
mod cpu90;
mod file;
mod hash;
mod io90;
mod kind;
mod laws;
mod memory;
mod pipe;
mod sleep;
mod socket;
mod spin;
mod task;
mod workload;

pub use spin::{adopt_spin_calibration, calibrate_spin};
pub use task::Work;
pub use workload::Workload;
