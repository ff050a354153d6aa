//! Decides WORK: workers and their initialiser.

mod initialiser;
mod number;
mod starting;

pub(crate) use initialiser::{work_009, work_010, work_011, work_012};
pub(crate) use number::{work_001, work_002, work_007, work_033};
pub(crate) use starting::{open_recycling, work_003, work_005, work_006, work_031, work_032};

use crate::trial::Trial;
use poolproof_harness::{Actor, Event, Kind};

/// What tells one worker from another: its process, or its thread.
fn worker_of(trial: &Trial<'_>, event: &Event) -> (u32, u64) {
    match trial.profile().kind {
        Kind::Inline | Kind::Thread => (event.pid, event.tid),
        // What else the process does in threads of its own is its own affair.
        Kind::Process | Kind::Cluster => (event.pid, 0),
    }
}

fn is_task(event: &Event) -> bool {
    matches!(event.actor, Actor::Task(_))
}
