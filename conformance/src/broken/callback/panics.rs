//! Defects in containing what callbacks panic with or raise.

use crate::Area;
use crate::broken::pool::{Pool, PoolFuture, Steps};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{Actor, Callback, Raised, contain};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "callback-panic-stops-the-others",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The panic of one callback keeps the later ones from being called.",
            source: "CPython 3.6 to 3.13, callbacks that raise SystemExit",
            expected: &["CALL-004"],
            steps: || Arc::new(PanicStopsTheOthers),
        },
        Broken {
            name: "callback-panic-reaches-registrar",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "The panic of a late callback reaches whoever registers it.",
            source: "CPython 3.6, bpo-33110",
            expected: &["CALL-005"],
            steps: || Arc::new(PanicReachesRegistrar),
        },
        Broken {
            name: "callback-panic-ends-worker",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that panics ends the worker that calls it, for good.",
            source: "CPython 3.6 to 3.13, callbacks that raise SystemExit",
            expected: &["CALL-004", "WORK-002"],
            steps: || Arc::<PanicEndsWorker>::default(),
        },
        Broken {
            name: "callback-panic-payload-escapes",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "The panic of a callback is caught, and that of its payload, when it is dropped, is not.",
            source: "dask/distributed#5958, morganstanley/testplan#74",
            expected: &["CALL-032"],
            steps: || Arc::new(PanicPayloadEscapes),
        },
        Broken {
            name: "callback-exit-ends-worker",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that raises the exit error ends the worker that calls it, for good.",
            source: "CPython 3.6 to 3.13, callbacks that raise SystemExit",
            expected: &["CALL-006"],
            steps: || Arc::<ExitEndsWorker>::default(),
        },
    ]
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
