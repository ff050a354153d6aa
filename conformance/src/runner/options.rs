//! How checks are run.

use super::limits::Limits;
use crate::ledger::Ledger;
use std::time::Duration;

/// Options of a [`Runner`](crate::Runner). The command line has the same names.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many workers executors have.
    pub workers: usize,
    /// How often each check runs; the worst verdict counts.
    pub runs: u32,
    /// Repeat each check for this long instead of a fixed number of times.
    pub budget: Option<Duration>,
    /// How long all checks of one subject may take together. What is not decided by then is inconclusive.
    pub within: Option<Duration>,
    /// The seed of every random choice; run `n` of a check uses `seed + n`.
    pub seed: u64,
    /// Disturb the schedule in the first run of a check too; later runs are always disturbed.
    pub disturbed: bool,
    /// How many checks run at once.
    pub jobs: usize,
    /// The known failures.
    pub ledger: Ledger,
    /// What a check and everything it starts may take from the machine.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 2,
            runs: 1,
            budget: None,
            within: None,
            seed: 1,
            disturbed: false,
            jobs: 2,
            ledger: Ledger::builtin(),
            limits: Limits::default(),
        }
    }
}
