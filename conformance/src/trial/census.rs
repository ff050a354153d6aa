//! Counts what the operating system holds for this process and those below it.

use super::CheckResult;
use super::aside::is_own;
use super::assertion::waits;
use super::stop::wrong;
use crate::runner::{ThreadStat, with_descendants};
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

/// Threads of the suite itself, which come and go with its own business.
const OWN_THREADS: [&str; 2] = ["gatehouse", "gate"];

impl Census {
    /// Of this process and those below it.
    pub(crate) fn whole() -> Self {
        Self::of(&with_descendants(std::process::id()))
    }

    /// Of the processes below this one: drivers and workers.
    pub(crate) fn below() -> Self {
        Self::of(&with_descendants(std::process::id())[1..])
    }

    fn of(pids: &[u32]) -> Self {
        let threads = |pid: &u32| {
            let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            let counts = |task: &fs::DirEntry| {
                let stat = fs::read_to_string(task.path().join("stat")).ok();
                let Some(stat) = stat.and_then(|stat| ThreadStat::parse(&stat)) else { return false };
                let number = task.file_name().to_string_lossy().into_owned();
                !OWN_THREADS.contains(&stat.name.as_str()) && !is_own(&(number, stat.started))
            };
            entries.filter(counts).count()
        };
        let descriptors = |pid: &u32| fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        // A process that ended and was not waited for has one thread and no descriptors.
        Self {
            processes: pids.len(),
            threads: pids.iter().map(threads).sum(),
            descriptors: pids.iter().map(descriptors).sum(),
        }
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
    #[track_caller]
    pub(crate) fn settles(patience: Patience, right: impl Fn(Self) -> Result<(), String>) -> CheckResult {
        waits(|| {
            let mut deadline = patience.start();
            loop {
                let Err(excess) = right(Self::below()) else { return Ok(()) };
                match deadline.next_slice() {
                    Some(slice) => park_timeout(slice),
                    None => return wrong(excess),
                }
            }
        })
    }
}
