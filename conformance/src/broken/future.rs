//! Defects in the states of a future.

use super::pool::{Phase, PoolFuture, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Raised, State, TimedOut, Value};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "future-running-looks-pending",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "A running task does not say that it is running.",
            source: "made",
            expected: &["FUT-002"],
            steps: || Arc::new(RunningLooksPending),
        },
        Broken {
            name: "future-done-looks-running",
            area: Area::Future,
            difficulty: Difficulty::Always,
            defect: "A finished task still says that it is running.",
            source: "made",
            expected: &["FUT-002"],
            steps: || Arc::new(DoneLooksRunning),
        },
        Broken {
            name: "future-cancelled-is-not-done",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "A cancelled future does not count as done.",
            source: "made",
            expected: &["FUT-002"],
            steps: || Arc::new(CancelledIsNotDone),
        },
        Broken {
            name: "future-raised-cancellation-looks-cancelled",
            area: Area::Future,
            difficulty: Difficulty::Always,
            defect: "A task that raises the cancellation error itself counts as cancelled.",
            source: "made",
            expected: &["FUT-002", "FAIL-005"],
            steps: || Arc::new(RaisedLooksCancelled),
        },
        Broken {
            name: "future-state-waits",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "Asking a running future for its state waits until it is done.",
            source: "made",
            expected: &["FUT-002"],
            steps: || Arc::new(StateWaits),
        },
        Broken {
            name: "future-pending-again",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "Cancelling a running task in vain makes it look pending again.",
            source: "made",
            expected: &["FUT-001", "FUT-002", "CANC-002"],
            steps: || Arc::<PendingAgain>::default(),
        },
        Broken {
            name: "future-queued-looks-running",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "A task counts as running as soon as it is queued.",
            source: "made",
            expected: &["FUT-002", "FUT-003"],
            steps: || Arc::new(QueuedLooksRunning),
        },
        Broken {
            name: "future-done-before-its-value",
            area: Area::Future,
            difficulty: Difficulty::Schedule,
            defect: "A future says that it is done before its value is stored.",
            source: "made",
            expected: &["FUT-031"],
            steps: || Arc::<DoneBeforeItsValue>::default(),
        },
        Broken {
            name: "future-state-waits-with-the-waiters",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "A thread that waits for the result holds a lock that the predicates need.",
            source: "made",
            expected: &["FUT-032"],
            steps: || Arc::<WaitsWithTheWaiters>::default(),
        },
        Broken {
            name: "future-dropped-cancels",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "Dropping a future cancels its task, and the profile says that it still runs.",
            source: "smol-rs/blocking#76, tokio-rs/tokio#1830",
            expected: &["FUT-033"],
            steps: || Arc::new(DroppedCancels),
        },
        Broken {
            name: "future-state-is-one-call-behind",
            area: Area::Future,
            difficulty: Difficulty::Always,
            defect: "The predicates are cached, and renewed only after they were read.",
            source: "made",
            expected: &["RES-006"],
            steps: || Arc::<OneCallBehind>::default(),
        },
        Broken {
            name: "future-completed-twice",
            area: Area::Future,
            difficulty: Difficulty::Always,
            defect: "A future that is done lets itself be completed again.",
            source: "bpo-33238",
            expected: &["FUT-005"],
            steps: || Arc::new(CompletedTwice),
        },
    ]
}

struct RunningLooksPending;
impl Steps for RunningLooksPending {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending | Phase::Running => State::PENDING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(_) => State::FINISHED,
        }
    }
}

struct DoneLooksRunning;
impl Steps for DoneLooksRunning {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending => State::PENDING,
            Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(_) => State { running: true, ..State::FINISHED },
        }
    }
}

struct CancelledIsNotDone;
impl Steps for CancelledIsNotDone {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending => State::PENDING,
            Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State { done: false, ..State::CANCELLED },
            Phase::Done(_) => State::FINISHED,
        }
    }
}

struct RaisedLooksCancelled;
impl Steps for RaisedLooksCancelled {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending => State::PENDING,
            Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(Err(Failure::Raised(raised))) if raised.kind == "CancelledError" => State::CANCELLED,
            Phase::Done(_) => State::FINISHED,
        }
    }
}

struct StateWaits;
impl Steps for StateWaits {
    fn state(&self, future: &PoolFuture) -> State {
        if future.state().running {
            let _ = future.result(None);
        }
        future.state()
    }
}

#[derive(Default)]
struct PendingAgain {
    asked: Mutex<HashSet<usize>>,
}
impl Steps for PendingAgain {
    fn cancel(&self, future: &PoolFuture) -> bool {
        let cancelled = future.cancel();
        if !cancelled {
            locked(&self.asked).insert(future.name());
        }
        cancelled
    }
    fn state(&self, future: &PoolFuture) -> State {
        let state = future.state();
        if state.running && locked(&self.asked).contains(&future.name()) { State::PENDING } else { state }
    }
}

struct QueuedLooksRunning;
impl Steps for QueuedLooksRunning {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending | Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(_) => State::FINISHED,
        }
    }
}

#[derive(Default)]
struct DoneBeforeItsValue {
    ended: Mutex<HashSet<usize>>,
}
impl Steps for DoneBeforeItsValue {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        locked(&self.ended).insert(future.name());
        thread::yield_now();
        future.finish(outcome);
    }
    fn state(&self, future: &PoolFuture) -> State {
        if locked(&self.ended).contains(&future.name()) { State::FINISHED } else { future.state() }
    }
}

#[derive(Default)]
struct WaitsWithTheWaiters {
    reading: Mutex<()>,
}
impl Steps for WaitsWithTheWaiters {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let _reading = timeout.is_none().then(|| locked(&self.reading));
        future.result(timeout)
    }
    fn state(&self, future: &PoolFuture) -> State {
        let _reading = locked(&self.reading);
        future.state()
    }
}

struct DroppedCancels;
impl Steps for DroppedCancels {
    fn drop_future(&self, future: &PoolFuture) {
        future.cancel();
    }
}

#[derive(Default)]
struct OneCallBehind {
    cached: Mutex<HashMap<usize, State>>,
}
impl Steps for OneCallBehind {
    fn state(&self, future: &PoolFuture) -> State {
        locked(&self.cached).insert(future.name(), future.state()).unwrap_or(State::PENDING)
    }
}

struct CompletedTwice;
impl Steps for CompletedTwice {
    fn complete(&self, future: &PoolFuture, value: Value) -> Result<(), Raised> {
        future.lock().phase = Phase::Done(Ok(value));
        Ok(())
    }
}
