//! Defects in calling back.

use super::pool::{Pool, PoolFuture, Steps, call_back};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Actor, Callback, Failure, Outcome, Probe, Raised, Refused, Shutdown, Value, contain};
use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
            name: "callback-panic-stops-the-others",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The panic of one callback keeps the later ones from being called.",
            source: "B-13",
            expected: &["CALL-004"],
            steps: || Arc::new(PanicStopsTheOthers),
        },
        Broken {
            name: "callback-panic-reaches-registrar",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "The panic of a late callback reaches whoever registers it.",
            source: "B-10",
            expected: &["CALL-005"],
            steps: || Arc::new(PanicReachesRegistrar),
        },
        Broken {
            name: "callback-panic-ends-worker",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that panics ends the worker that calls it, for good.",
            source: "B-13",
            expected: &["CALL-004", "WORK-002"],
            steps: || Arc::<PanicEndsWorker>::default(),
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
            name: "callback-holds-its-future",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The lock of the future is held while its callbacks run.",
            source: "made",
            expected: &["CALL-010", "CALL-011"],
            steps: || Arc::new(HoldsItsFuture),
        },
        Broken {
            name: "callback-nested-is-put-off",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that is registered by a callback is called after the others instead of at once.",
            source: "made",
            expected: &["CALL-011"],
            steps: || Arc::<NestedIsPutOff>::default(),
        },
        Broken {
            name: "callback-of-cancelling-shutdown-holds-the-pool",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The lock of the pool is held while shutdown cancels: a callback that submits never returns.",
            source: "B-14",
            expected: &["CALL-012"],
            steps: || Arc::new(CancellingShutdownHoldsThePool),
        },
        Broken {
            name: "callback-slow-one-stops-all",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "One lock orders all deliveries: while one callback runs, no result is delivered.",
            source: "B-37",
            expected: &["CALL-013"],
            steps: || Arc::<SlowOneStopsAll>::default(),
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
            name: "callback-cannot-submit",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Submit is refused when a callback calls it.",
            source: "made",
            expected: &["CALL-031", "NEST-031"],
            steps: || Arc::new(CannotSubmit),
        },
        Broken {
            name: "callback-panic-payload-escapes",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The panic of a callback is caught, and that of its payload, when it is dropped, is not.",
            source: "M22",
            expected: &["CALL-032"],
            steps: || Arc::new(PanicPayloadEscapes),
        },
        Broken {
            name: "callback-exit-ends-worker",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that raises the exit error ends the worker that calls it, for good.",
            source: "B-13",
            expected: &["CALL-006"],
            steps: || Arc::<ExitEndsWorker>::default(),
        },
        Broken {
            name: "callback-kept-for-ever",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "What a callback carried is kept after it ran.",
            source: "B-36",
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

struct PanicStopsTheOthers;
impl Steps for PanicStopsTheOthers {
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        let _ = contain(|| callbacks.into_iter().for_each(call_uncontained));
    }
}

fn call_uncontained(callback: Callback) {
    let label = callback.label;
    let _ = callback.run_as(Actor::Callback(label));
}

struct PanicReachesRegistrar;
impl Steps for PanicReachesRegistrar {
    fn call_late(&self, _future: &PoolFuture, callback: Callback) {
        call_uncontained(callback);
    }
}

#[derive(Default)]
struct PanicEndsWorker {
    pool: Mutex<Option<Arc<Pool>>>,
}
impl Steps for PanicEndsWorker {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Some(Arc::clone(pool));
    }
    fn call_all_back(&self, _future: &PoolFuture, callbacks: Vec<Callback>) {
        for callback in callbacks {
            let label = callback.label;
            let panicked = contain(|| callback.run_as(Actor::Callback(label))).is_err();
            if let Some(pool) = locked(&self.pool).as_ref().filter(|pool| panicked && pool.is_mine()) {
                pool.lock().limit -= 1;
                panic!("a callback panicked, and the worker with it");
            }
        }
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

struct HoldsItsFuture;
impl Steps for HoldsItsFuture {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        let _held = future.lock();
        callbacks.into_iter().for_each(|callback| self.call_back(callback));
    }
}

#[derive(Default)]
struct NestedIsPutOff {
    /// What was registered, by future, while its callbacks were being called.
    put_off: Mutex<HashMap<usize, Vec<Callback>>>,
}
impl Steps for NestedIsPutOff {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        locked(&self.put_off).insert(future.name(), Vec::new());
        callbacks.into_iter().for_each(|callback| self.call_back(callback));
        let put_off = locked(&self.put_off).remove(&future.name()).unwrap_or_default();
        put_off.into_iter().for_each(|callback| self.call_back(callback));
    }
    fn call_late(&self, future: &PoolFuture, callback: Callback) {
        if let Some(put_off) = locked(&self.put_off).get_mut(&future.name()) {
            return put_off.push(callback);
        }
        self.call_back(callback);
    }
}

thread_local! {
    /// Whether this thread is calling back.
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

struct CannotSubmit;
impl Steps for CannotSubmit {
    fn call_back(&self, callback: Callback) {
        CALLING.set(true);
        call_back(callback);
        CALLING.set(false);
    }
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        if CALLING.get() {
            return Err(Refused::Other(Raised::new("RuntimeError", "a callback cannot submit")));
        }
        pool.submit(task)
    }
}

struct PanicPayloadEscapes;
impl Steps for PanicPayloadEscapes {
    fn call_back(&self, callback: Callback) {
        // The payload of a panic may panic itself when it is dropped: here.
        drop(catch_unwind(AssertUnwindSafe(|| call_uncontained(callback))));
    }
}

#[derive(Default)]
struct ExitEndsWorker {
    pool: Mutex<Option<Arc<Pool>>>,
}
impl Steps for ExitEndsWorker {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Some(Arc::clone(pool));
    }
    fn call_back(&self, callback: Callback) {
        let label = callback.label;
        let exits = |raised: &Raised| raised.kind == "SystemExit";
        let raised = contain(|| callback.run_as(Actor::Callback(label))).map(|result| result.is_err_and(|r| exits(&r)));
        if let Some(pool) = locked(&self.pool).as_ref().filter(|pool| raised == Ok(true) && pool.is_mine()) {
            pool.lock().limit -= 1;
            panic!("a callback asked for the exit, and the worker went");
        }
    }
}

struct CancellingShutdownHoldsThePool;
impl Steps for CancellingShutdownHoldsThePool {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        if how.cancel_futures {
            let mut line = pool.lock();
            line.shut = true;
            for future in std::mem::take(&mut line.queue).into_iter().flatten() {
                future.cancel();
            }
        }
        pool.shutdown(how)
    }
}

#[derive(Default)]
struct SlowOneStopsAll {
    turn: Mutex<()>,
}
impl Steps for SlowOneStopsAll {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        let _turn = locked(&self.turn);
        future.finish(outcome);
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
