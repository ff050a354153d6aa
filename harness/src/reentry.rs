//! How this program is started again: as the child of a check, or as the worker of a process
//! executor.
//!
//! A normal program is started again without arguments and finds out from its environment what it
//! is for, at the top of `main`. A test program has no `main` of ours: it is started again with
//! the arguments that run exactly one test, and that test finds out.

use std::sync::{Mutex, PoisonError};

static WORKER_ARGUMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Sets the arguments with which this program is started again as a worker.
///
/// A program whose `main` serves as a worker needs none; a test program names the test that does.
///
/// ```
/// poolproof_harness::set_worker_arguments(["--exact", "worker", "--nocapture"]);
/// assert_eq!(poolproof_harness::worker_arguments()[1], "worker");
/// ```
pub fn set_worker_arguments<S: Into<String>>(arguments: impl IntoIterator<Item = S>) {
    *WORKER_ARGUMENTS.lock().unwrap_or_else(PoisonError::into_inner) = arguments.into_iter().map(Into::into).collect();
}

/// The arguments with which this program is started again as a worker.
#[must_use]
pub fn worker_arguments() -> Vec<String> {
    WORKER_ARGUMENTS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
