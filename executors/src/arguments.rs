//! Arguments that every executor of ours rejects alike.

use poolproof_harness::{Config, OpenError, Raised};

/// The error of an argument whose value makes no sense.
pub(crate) fn rejected(message: impl Into<String>) -> OpenError {
    OpenError::Rejected(Raised::new("ValueError", message))
}

/// Rejects a pool without workers.
pub(crate) fn at_least_one_worker(workers: usize) -> Result<(), OpenError> {
    if workers == 0 { Err(rejected("an executor needs at least 1 worker")) } else { Ok(()) }
}

/// Rejects the replacement of workers, which only executors of processes offer.
pub(crate) fn no_recycling(config: &Config) -> Result<(), OpenError> {
    match config.max_tasks_per_worker {
        Some(_) => Err(rejected("this executor does not replace its workers after a number of tasks")),
        None => Ok(()),
    }
}

/// Rejects everything but a number of workers.
pub(crate) fn only_workers(config: &Config) -> Result<(), OpenError> {
    no_recycling(config)?;
    if config.initialiser.is_some() {
        return Err(rejected("this executor does not run an initialiser in its workers"));
    }
    at_least_one_worker(config.workers)
}
