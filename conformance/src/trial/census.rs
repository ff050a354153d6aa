//! Counts what the operating system holds for this process and those below it.

use super::{CheckResult, violated};
use crate::runner::with_descendants;
use poolproof_harness::Patience;
use std::fs;
use std::thread::park_timeout;

/// Processes, threads and descriptors at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) processes: usize,
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
}

impl Census {
    /// Of the processes below this one: drivers and workers.
    pub(crate) fn below() -> Self {
        Self::of(&with_descendants(std::process::id())[1..])
    }

    fn of(pids: &[u32]) -> Self {
        let entries = |pid: &u32, what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
        let count = |what: &str| pids.iter().map(|pid| entries(pid, what)).sum();
        // A process that ended and was not waited for has one thread and no descriptors.
        Self { processes: pids.len(), threads: count("task"), descriptors: count("fd") }
    }

    /// Whether nothing is more than `before`; else what is.
    pub(crate) fn within(&self, before: &Self) -> Result<(), String> {
        let kinds = [
            ("processes", self.processes, before.processes),
            ("threads", self.threads, before.threads),
            ("descriptors", self.descriptors, before.descriptors),
        ];
        let more: Vec<_> = kinds
            .iter()
            .filter(|(_, now, before)| now > before)
            .map(|(what, now, before)| format!("{} more {what}", now - before))
            .collect();
        if more.is_empty() { Ok(()) } else { Err(more.join(", ")) }
    }

    /// Waits until the census of the processes below is as it should be: they need a moment to
    /// disappear after they were told to.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`](super::Stop::Violates) with what is wrong at the end.
    pub(crate) fn settles(patience: Patience, right: impl Fn(Self) -> Result<(), String>) -> CheckResult {
        let mut deadline = patience.start();
        loop {
            let Err(wrong) = right(Self::below()) else { return Ok(()) };
            match deadline.next_slice() {
                Some(slice) => park_timeout(slice),
                None => return violated(wrong),
            }
        }
    }
}
