//! A gate in memory, at which the only worker stands while tasks are submitted.

use poolproof_harness::{Raised, Task, Work};
use serde::{Deserialize, Serialize};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The number of the task that goes to the gate.
pub(crate) const AT_GATE: u64 = u64::MAX;

/// What the worker and who opens the gate know of each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Nobody has come.
    Closed,
    /// The worker stands there.
    Arrived,
    /// The worker may go on.
    Open,
}

static GATE: Mutex<Gate> = Mutex::new(Gate::Closed);
static CHANGED: Condvar = Condvar::new();

fn set(gate: Gate) -> MutexGuard<'static, Gate> {
    let mut now = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    *now = gate;
    CHANGED.notify_all();
    now
}

fn until(mut now: MutexGuard<'_, Gate>, gate: Gate) {
    while *now != gate {
        now = CHANGED.wait(now).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Closes the gate, calls `submit`, which sends the worker there, and waits until it has come.
pub(crate) fn send_worker<H>(submit: impl FnOnce() -> H) -> H {
    drop(set(Gate::Closed));
    let handle = submit();
    until(GATE.lock().unwrap_or_else(PoisonError::into_inner), Gate::Arrived);
    handle
}

/// Lets the worker go on.
pub(crate) fn open() {
    drop(set(Gate::Open));
}

/// A task of the benchmark, which goes to the gate if it is the one that does.
#[derive(Serialize, Deserialize)]
pub(crate) struct Step(pub(crate) Work);

impl Task for Step {
    const NAME: &'static str = "adapter-overhead-step";
    type Output = u64;

    fn run(self) -> Result<u64, Raised> {
        if self.0.number == AT_GATE {
            until(set(Gate::Arrived), Gate::Open);
        }
        self.0.run()
    }
}
