//! What the processes of one check may take from the machine.

use super::family;
use serde::{Deserialize, Serialize};
use std::fs;

/// The most that a check and everything it starts may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of its own in bytes, over all its processes.
    pub memory: u64,
    /// Processes.
    pub processes: usize,
}

impl Default for Limits {
    /// A quarter of the machine's memory but at most 4 GiB, and 512 processes.
    fn default() -> Self {
        let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kibibytes =
            info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
        let quarter = kibibytes.map_or(u64::MAX, |kibibytes: u64| kibibytes * 1024 / 4);
        Self { memory: quarter.min(4 << 30), processes: 512 }
    }
}

impl Limits {
    /// What the processes below this one take too much of; `None` if they keep within.
    ///
    /// What is shared with other processes is not counted: everybody's libraries are nobody's.
    pub(super) fn exceeded(&self) -> Option<String> {
        let below = family::descendants();
        if below.len() > self.processes {
            return Some(format!("it grew to {} processes, and {} are allowed", below.len(), self.processes));
        }
        let held: u64 = below.iter().map(|&pid| private_memory(pid)).sum();
        (held > self.memory)
            .then(|| format!("it took {} MiB of memory, and {} MiB are allowed", held >> 20, self.memory >> 20))
    }
}

/// The resident memory of a process that is its own, in bytes.
fn private_memory(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut pages = statm.split(' ').skip(1).map_while(|pages| pages.parse::<u64>().ok());
    let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    resident.saturating_sub(shared) * PAGE
}

/// The size of a page on the machines that this runs on; the limit is no more exact than that.
const PAGE: u64 = 4096;
