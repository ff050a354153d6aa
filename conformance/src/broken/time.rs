//! Defects in time limits.

use super::pool::{PoolFuture, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Patience, TimedOut, Value};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "time-zero-waits",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A limit of zero is taken for no limit.",
            source: "made",
            expected: &["TIME-001"],
            steps: || Arc::new(ZeroWaits),
        },
        Broken {
            name: "time-zero-never-delivers",
            area: Area::Time,
            difficulty: Difficulty::Always,
            defect: "A limit of zero times out although the result is there.",
            source: "made",
            expected: &["TIME-001"],
            steps: || Arc::new(ZeroNeverDelivers),
        },
        Broken {
            name: "time-exception-ignores-limit",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "Asking for the failure ignores the limit.",
            source: "joblib/joblib#1586",
            expected: &["TIME-001", "TIME-005"],
            steps: || Arc::new(ExceptionIgnoresLimit),
        },
        Broken {
            name: "time-no-limit-is-short",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "Without a limit, a built-in one applies.",
            source: "made",
            expected: &["TIME-002", "RES-001"],
            steps: || Arc::new(NoLimitIsShort),
        },
        Broken {
            name: "time-longest-limit-panics",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A limit beyond what the clock can represent panics.",
            source: "made",
            expected: &["TIME-007"],
            steps: || Arc::new(LongestLimitPanics),
        },
        Broken {
            name: "time-out-cancels",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A wait that times out cancels the task if it has not started.",
            source: "mitsuhiko/procspawn#48",
            expected: &["TIME-003"],
            steps: || Arc::new(TimeOutCancels),
        },
        Broken {
            name: "time-out-fails-the-task",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A wait that times out fails the future for good.",
            source: "mitsuhiko/procspawn#48",
            expected: &["TIME-003"],
            steps: || Arc::new(TimeOutFails),
        },
        Broken {
            name: "time-cancelled-times-out",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "Polling a cancelled future times out instead of saying that it is cancelled.",
            source: "made",
            expected: &["TIME-004"],
            steps: || Arc::new(CancelledTimesOut),
        },
        Broken {
            name: "time-out-takes-the-wake-up-along",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "After one waiter has timed out, the others are not woken any more.",
            source: "rusty_pool 0.7.0 changelog",
            expected: &["TIME-031"],
            steps: || Arc::<TakesTheWakeUpAlong>::default(),
        },
        Broken {
            name: "time-limit-is-slept-out",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A wait with a limit sleeps the limit out before it looks.",
            source: "prefect#18960",
            expected: &["TIME-032"],
            steps: || Arc::new(LimitIsSleptOut),
        },
        Broken {
            name: "time-out-comes-early",
            area: Area::Time,
            difficulty: Difficulty::Gates,
            defect: "A limit passes after half its time.",
            source: "rusty_pool 0.7.0 changelog",
            expected: &["TIME-005"],
            steps: || Arc::new(ComesEarly),
        },
    ]
}

struct ZeroWaits;
impl Steps for ZeroWaits {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout.filter(|limit| !limit.is_zero()))
    }
}

struct ZeroNeverDelivers;
impl Steps for ZeroNeverDelivers {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if timeout == Some(Duration::ZERO) { Err(TimedOut) } else { future.result(timeout) }
    }
}

struct ExceptionIgnoresLimit;
impl Steps for ExceptionIgnoresLimit {
    fn exception(&self, future: &PoolFuture, _timeout: Option<Duration>) -> Result<Option<Failure>, TimedOut> {
        future.result(None).map(Result::err)
    }
}

struct NoLimitIsShort;
impl Steps for NoLimitIsShort {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout.or(Some(Patience::TICK)))
    }
}

struct LongestLimitPanics;
impl Steps for LongestLimitPanics {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if let Some(limit) = timeout.filter(|_| !future.is_done()) {
            let _deadline = Instant::now() + limit;
        }
        future.result(timeout)
    }
}

struct TimeOutCancels;
impl Steps for TimeOutCancels {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let result = future.result(timeout);
        if result.is_err() {
            future.cancel();
        }
        result
    }
}

struct TimeOutFails;
impl Steps for TimeOutFails {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout).inspect_err(|_| future.finish(Err(Failure::Broken("nobody waits any more".into()))))
    }
}

struct CancelledTimesOut;
impl Steps for CancelledTimesOut {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        match future.result(timeout)? {
            Err(Failure::Cancelled) if timeout == Some(Duration::ZERO) => Err(TimedOut),
            outcome => Ok(outcome),
        }
    }
}

#[derive(Default)]
struct TakesTheWakeUpAlong {
    timed_out: Mutex<HashSet<usize>>,
}
impl Steps for TakesTheWakeUpAlong {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let result = future.result(timeout);
        if result.is_err() {
            locked(&self.timed_out).insert(future.name());
        }
        result
    }
    fn wake(&self, future: &PoolFuture, _cancelled: bool) {
        if !locked(&self.timed_out).contains(&future.name()) {
            future.changed.notify_all();
        }
    }
}

struct LimitIsSleptOut;
impl Steps for LimitIsSleptOut {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if let Some(limit) = timeout.filter(|_| !future.is_done()) {
            thread::sleep(limit);
            return future.result(Some(Duration::ZERO));
        }
        future.result(timeout)
    }
}

struct ComesEarly;
impl Steps for ComesEarly {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        future.result(timeout.map(|limit| limit / 2))
    }
}
