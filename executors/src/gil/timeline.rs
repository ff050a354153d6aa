//! Who held a lock when.

use poolproof_harness::now_ns;
use std::collections::HashMap;
use std::thread::{Thread, ThreadId, current};

/// One stretch of time during which one thread held the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The name of the thread, or its number if it has none.
    pub holder: String,
    /// When it took the lock, in nanoseconds on the monotonic clock.
    pub from_ns: u64,
    /// When it gave it back.
    pub until_ns: u64,
}

/// The turns so far; kept under the lock's mutex.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    turns: Vec<(ThreadId, u64, u64)>,
    names: HashMap<ThreadId, String>,
    since: u64,
}

impl Timeline {
    /// The calling thread has the lock.
    pub(super) fn taken(&mut self) {
        self.since = now_ns();
    }

    /// The calling thread, which had the lock, gives it back.
    pub(super) fn given_back(&mut self) {
        let thread = current();
        let id = thread.id();
        self.names.entry(id).or_insert_with(|| name_of(&thread));
        self.turns.push((id, self.since, now_ns()));
    }

    pub(super) fn turns(&self) -> Vec<Turn> {
        let turn = |&(id, from_ns, until_ns)| Turn { holder: self.names[&id].clone(), from_ns, until_ns };
        self.turns.iter().map(turn).collect()
    }
}

fn name_of(thread: &Thread) -> String {
    thread.name().map_or_else(|| format!("{:?}", thread.id()), str::to_owned)
}
