//! Defects in delivering results.

use super::pool::{Job, Phase, Pool, PoolFuture, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Probe, Refused, TimedOut, Value, run_caught};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "result-wakes-one-waiter",
            area: Area::Result,
            difficulty: Difficulty::Gates,
            defect: "Of several threads that wait for one result, only one is woken.",
            source: "made",
            expected: &["RES-001"],
            steps: || Arc::new(WakesOneWaiter),
        },
        Broken {
            name: "result-can-be-read-once",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "The result is taken out by the first read; the second one finds a broken future.",
            source: "made",
            expected: &["RES-002", "RES-001"],
            steps: || Arc::new(CanBeReadOnce),
        },
        Broken {
            name: "result-gone-after-shutdown",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "Results that were not read before the shutdown are gone.",
            source: "made",
            expected: &["RES-002"],
            steps: || Arc::<GoneAfterShutdown>::default(),
        },
        Broken {
            name: "result-nothing-means-not-yet",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "A task that returns nothing looks as if it had not returned yet.",
            source: "made",
            expected: &["RES-003"],
            steps: || Arc::new(NothingMeansNotYet),
        },
        Broken {
            name: "result-error-value-becomes-failure",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "An error that a task returns as its value is delivered as its failure.",
            source: "made",
            expected: &["RES-003"],
            steps: || Arc::new(ErrorValueBecomesFailure),
        },
        Broken {
            name: "result-shared-slot",
            area: Area::Result,
            difficulty: Difficulty::Schedule,
            defect: "All workers pass their results through one slot: two that finish together deliver the same.",
            source: "made, after scikit-learn/scikit-learn#6179",
            expected: &["RES-004", "SUB-007", "SUB-002"],
            steps: || Arc::<SharedSlot>::default(),
        },
        Broken {
            name: "result-queue-wraps-around",
            area: Area::Result,
            difficulty: Difficulty::Gates,
            defect: "A queue of 64 places wraps around: when it is full, the oldest task is overwritten and never runs.",
            source: "made",
            expected: &["RES-004", "SUB-031"],
            steps: || Arc::new(QueueWrapsAround),
        },
        Broken {
            name: "result-in-submission-order",
            area: Area::Result,
            difficulty: Difficulty::Gates,
            defect: "Results are delivered in the order of submission: a slow task holds up those behind it.",
            source: "made",
            expected: &["RES-031"],
            steps: || Arc::<InSubmissionOrder>::default(),
        },
        Broken {
            name: "result-misses-the-wake-up",
            area: Area::Result,
            difficulty: Difficulty::Schedule,
            defect: "A waiter that finds the task running goes to sleep without looking again, and misses its end.",
            source: "tokio-rs/tokio#525, compio-rs/compio#948",
            expected: &["RES-032"],
            steps: || Arc::new(MissesTheWakeUp),
        },
    ]
}

struct WakesOneWaiter;
impl Steps for WakesOneWaiter {
    fn wake(&self, future: &PoolFuture, _cancelled: bool) {
        future.changed.notify_one();
    }
}

struct CanBeReadOnce;
impl Steps for CanBeReadOnce {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let outcome = future.result(timeout)?;
        future.lock().phase = Phase::Done(Err(Failure::Broken("the result was read already".into())));
        Ok(outcome)
    }
}

#[derive(Default)]
struct GoneAfterShutdown {
    pool: Mutex<Weak<Pool>>,
}
impl Steps for GoneAfterShutdown {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Arc::downgrade(pool);
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let outcome = future.result(timeout)?;
        let shut = locked(&self.pool).upgrade().is_none_or(|pool| pool.lock().shut);
        Ok(if shut { Err(Failure::Broken("the executor is gone".into())) } else { outcome })
    }
}

struct NothingMeansNotYet;
impl Steps for NothingMeansNotYet {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        match future.result(timeout)? {
            Ok(Value::None) => Err(TimedOut),
            outcome => Ok(outcome),
        }
    }
}

struct ErrorValueBecomesFailure;
impl Steps for ErrorValueBecomesFailure {
    fn run(&self, task: Probe) -> Outcome<Value> {
        match run_caught(task) {
            Ok(Value::ErrorValue(raised)) => Err(Failure::Raised(raised)),
            outcome => outcome,
        }
    }
}

#[derive(Default)]
struct SharedSlot {
    slot: Mutex<Option<Outcome<Value>>>,
}
impl Steps for SharedSlot {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        *locked(&self.slot) = Some(outcome);
        thread::yield_now();
        let latest = locked(&self.slot).clone();
        if let Some(outcome) = latest {
            future.finish(outcome);
        }
    }
}

struct QueueWrapsAround;
impl Steps for QueueWrapsAround {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut line = pool.lock();
        if line.queue.len() == 64 {
            line.queue.pop_front();
        }
        drop(line);
        pool.enqueue(job)
    }
}

/// A future and what it will be told.
type Delivery = (Arc<PoolFuture>, Option<Outcome<Value>>);

#[derive(Default)]
struct InSubmissionOrder {
    line: Mutex<VecDeque<Delivery>>,
}
impl Steps for InSubmissionOrder {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut line = locked(&self.line);
        pool.enqueue(job.clone())?;
        line.extend(job.into_iter().map(|future| (future, None)));
        Ok(())
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        let mut line = locked(&self.line);
        if let Some(entry) = line.iter_mut().find(|(known, _)| std::ptr::eq(&**known, future)) {
            entry.1 = Some(outcome);
        }
        let mut ready = Vec::new();
        while line.front().is_some_and(|(first, outcome)| outcome.is_some() || first.is_done()) {
            ready.extend(line.pop_front());
        }
        drop(line);
        for (future, outcome) in ready {
            outcome.into_iter().for_each(|outcome| future.finish(outcome));
        }
    }
}

struct MissesTheWakeUp;
impl Steps for MissesTheWakeUp {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if timeout.is_none() && !future.is_done() {
            thread::yield_now();
            let _woken = future.changed.wait(future.lock());
        }
        future.result(timeout)
    }
}
