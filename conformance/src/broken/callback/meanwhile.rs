//! Defects in what may happen while a callback runs.

use crate::Area;
use crate::broken::pool::{Pool, PoolFuture, Steps, call_back};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{Callback, Outcome, Probe, Raised, Refused, Shutdown, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
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
            source: "CPython 3.9 to 3.13, shutdown(cancel_futures=True)",
            expected: &["CALL-012"],
            steps: || Arc::new(CancellingShutdownHoldsThePool),
        },
        Broken {
            name: "callback-shutdown-inside-shutdown",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "One shutdown at a time: a callback that shuts down waits for the shutdown that calls it.",
            source: "CPython, ThreadPoolExecutor.shutdown",
            expected: &["CALL-035"],
            steps: || Arc::<OneShutdownAtATime>::default(),
        },
        Broken {
            name: "callback-slow-one-stops-all",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "One lock orders all deliveries: while one callback runs, no result is delivered.",
            source: "CPython 3.6 to 3.13, slow callbacks of ProcessPoolExecutor",
            expected: &["CALL-013"],
            steps: || Arc::<SlowOneStopsAll>::default(),
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
    ]
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

#[derive(Default)]
struct OneShutdownAtATime(Mutex<()>);
impl Steps for OneShutdownAtATime {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        let _one = locked(&self.0);
        pool.shutdown(how)
    }
}
