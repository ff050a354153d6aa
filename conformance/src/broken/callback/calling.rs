//! Defects in when, where and how often callbacks are called.

use crate::Area;
use crate::broken::pool::{PoolFuture, Steps};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{Actor, Callback, Failure, contain};
use std::sync::{Arc, Mutex};
use std::thread;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "callback-called-twice",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Each callback is called twice.",
            source: "pythonfutures#86",
            expected: &["CALL-001"],
            steps: || Arc::new(CalledTwice),
        },
        Broken {
            name: "callback-not-after-cancel",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The callbacks of a cancelled task are not called.",
            source: "made",
            expected: &["CALL-001"],
            steps: || Arc::new(NotAfterCancel),
        },
        Broken {
            name: "callback-not-after-failure",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The callbacks of a failed task are not called.",
            source: "made",
            expected: &["CALL-001"],
            steps: || Arc::new(NotAfterFailure),
        },
        Broken {
            name: "callback-newest-first",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Callbacks are called in the reverse order of their registration.",
            source: "made",
            expected: &["CALL-002"],
            steps: || Arc::new(NewestFirst),
        },
        Broken {
            name: "callback-only-the-last",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "There is room for one callback: each registration replaces the one before.",
            source: "made",
            expected: &["CALL-002", "CALL-001"],
            steps: || Arc::new(OnlyTheLast),
        },
        Broken {
            name: "callback-late-elsewhere",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "A callback on a done future is called by another thread, for which the registration waits.",
            source: "made",
            expected: &["CALL-003"],
            steps: || Arc::new(LateElsewhere),
        },
        Broken {
            name: "callback-late-is-lost",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "A callback that is registered with a future that is done already is never called.",
            source: "made",
            expected: &["CALL-003"],
            steps: || Arc::new(LateIsLost),
        },
        Broken {
            name: "callback-late-runs-elsewhere",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "A callback that is registered with a future that is done already is called by another thread.",
            source: "made",
            expected: &["CALL-003"],
            steps: || Arc::new(LateRunsElsewhere),
        },
        Broken {
            name: "callback-outlives-shutdown",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Callbacks run in threads of their own, for which shutdown does not wait.",
            source: "made",
            expected: &["CALL-009"],
            steps: || Arc::new(OutlivesShutdown),
        },
        Broken {
            name: "callback-lost-in-the-race",
            area: Area::Callback,
            difficulty: Difficulty::Schedule,
            defect: "A callback that is registered while the future becomes done is lost.",
            source: "made",
            expected: &["CALL-014"],
            steps: || Arc::new(LostInTheRace),
        },
        Broken {
            name: "callback-kept-for-ever",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "What a callback carried is kept after it ran.",
            source: "CPython 3.6 to 3.13, what futures keep",
            expected: &["CALL-015"],
            steps: || Arc::<KeptForEver>::default(),
        },
    ]
}

struct CalledTwice;
impl Steps for CalledTwice {
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        for callback in callbacks {
            self.call_back(callback.clone());
            self.call_back(callback);
        }
    }
}

struct NotAfterCancel;
impl Steps for NotAfterCancel {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        if !future.state().cancelled {
            callbacks.into_iter().for_each(|callback| self.call_back(callback));
        }
    }
}

struct NotAfterFailure;
impl Steps for NotAfterFailure {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        if matches!(future.result(None), Ok(Ok(_) | Err(Failure::Cancelled))) {
            callbacks.into_iter().for_each(|callback| self.call_back(callback));
        }
    }
}

struct NewestFirst;
impl Steps for NewestFirst {
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        callbacks.into_iter().rev().for_each(|callback| self.call_back(callback));
    }
}

struct OnlyTheLast;
impl Steps for OnlyTheLast {
    fn on_done(&self, future: &PoolFuture, callback: Callback) {
        future.lock().callbacks.clear();
        future.on_done(callback);
    }
}

struct LateIsLost;
impl Steps for LateIsLost {
    fn call_late(&self, _future: &PoolFuture, callback: Callback) {
        drop(callback);
    }
}

struct LateRunsElsewhere;
impl Steps for LateRunsElsewhere {
    fn call_late(&self, _future: &PoolFuture, callback: Callback) {
        let label = callback.label;
        thread::spawn(move || drop(callback.run_as(Actor::Callback(label))));
    }
}

struct LateElsewhere;
impl Steps for LateElsewhere {
    fn call_late(&self, _future: &PoolFuture, callback: Callback) {
        let label = callback.label;
        let _ = thread::spawn(move || drop(callback.run_as(Actor::Callback(label)))).join();
    }
}

struct OutlivesShutdown;
impl Steps for OutlivesShutdown {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        if !callbacks.is_empty() {
            let steps = Arc::clone(&future.steps);
            thread::spawn(move || callbacks.into_iter().for_each(|callback| steps.call_back(callback)));
        }
    }
}

struct LostInTheRace;
impl Steps for LostInTheRace {
    fn on_done(&self, future: &PoolFuture, callback: Callback) {
        if future.is_done() {
            return self.call_late(future, callback);
        }
        thread::yield_now();
        future.lock().callbacks.push(callback);
    }
}

#[derive(Default)]
struct KeptForEver {
    kept: Mutex<Vec<Callback>>,
}
impl Steps for KeptForEver {
    fn call_back(&self, callback: Callback) {
        let label = callback.label;
        let copy = callback.clone();
        locked(&self.kept).push(callback);
        let _ = contain(move || copy.run_as(Actor::Callback(label)));
    }
}
