//! Defects in yielding futures as they complete.

use super::pool::{Board, Completing, PoolFuture, Steps};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::TimedOut;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "completed-yields-duplicates",
            area: Area::Completed,
            difficulty: Difficulty::Always,
            defect: "A future that is named twice is yielded twice.",
            source: "python/cpython#30168, tornadoweb/tornado#2029",
            expected: &["COMP-001"],
            steps: || Arc::new(YieldsDuplicates),
        },
        Broken {
            name: "completed-skips-what-is-done",
            area: Area::Completed,
            difficulty: Difficulty::Always,
            defect: "Futures that are done before the call are skipped.",
            source: "dwavesystems/dwave-cloud-client#37",
            expected: &["COMP-002", "COMP-001"],
            steps: || Arc::new(SkipsWhatIsDone),
        },
        Broken {
            name: "completed-in-input-order",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "Futures are yielded in the order in which they were named.",
            source: "made",
            expected: &["COMP-003"],
            steps: || Arc::new(InInputOrder),
        },
        Broken {
            name: "completed-newest-first",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "Of the futures that completed while nobody looked, the last is yielded first.",
            source: "made",
            expected: &["COMP-031"],
            steps: || Arc::new(NewestFirst),
        },
        Broken {
            name: "completed-of-nothing-waits",
            area: Area::Completed,
            difficulty: Difficulty::Always,
            defect: "Iterating over no futures never ends.",
            source: "made",
            expected: &["COMP-004"],
            steps: || Arc::new(OfNothingWaits),
        },
        Broken {
            name: "completed-ignores-limit",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "The limit is ignored.",
            source: "joblib/joblib#1586",
            expected: &["COMP-005"],
            steps: || Arc::new(IgnoresLimit),
        },
        Broken {
            name: "completed-limit-comes-early",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "The limit passes after half its time.",
            source: "made",
            expected: &["COMP-005"],
            steps: || Arc::new(LimitComesEarly),
        },
        Broken {
            name: "completed-goes-on-after-timeout",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "After a time-out the iteration has not ended.",
            source: "made",
            expected: &["COMP-005"],
            steps: || Arc::new(GoesOnAfterTimeout),
        },
        Broken {
            name: "completed-ends-at-the-limit",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "At the limit the iteration ends as if everything had been yielded.",
            source: "made",
            expected: &["COMP-005"],
            steps: || Arc::new(EndsAtTheLimit),
        },
        Broken {
            name: "completed-zero-hides-what-is-done",
            area: Area::Completed,
            difficulty: Difficulty::Always,
            defect: "With a limit of zero even futures that are done time out.",
            source: "made",
            expected: &["COMP-006"],
            steps: || Arc::new(ZeroHidesWhatIsDone),
        },
        Broken {
            name: "completed-limit-from-first-read",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "The limit counts from the first read, not from the call.",
            source: "CPython 3.6 to 3.13, as_completed",
            expected: &["COMP-007"],
            steps: || Arc::new(LimitFromFirstRead),
        },
        Broken {
            name: "completed-limit-hides-what-is-done",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "Once the limit has passed even futures that are done time out.",
            source: "made",
            expected: &["COMP-008"],
            steps: || Arc::new(LimitHidesWhatIsDone),
        },
        Broken {
            name: "completed-skips-failures",
            area: Area::Completed,
            difficulty: Difficulty::Always,
            defect: "Futures that failed are not yielded.",
            source: "made",
            expected: &["COMP-032"],
            steps: || Arc::new(SkipsFailures),
        },
        Broken {
            name: "completed-leaves-out-cancelled",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "Futures that were cancelled before the call are not yielded.",
            source: "dask#1436",
            expected: &["COMP-012"],
            steps: || Arc::new(LeavesOutCancelled),
        },
        Broken {
            name: "completed-one-at-a-time",
            area: Area::Completed,
            difficulty: Difficulty::Gates,
            defect: "A future tells only the one who registered last.",
            source: "made",
            expected: &["COMP-011"],
            steps: || Arc::new(OneAtATime),
        },
    ]
}

struct YieldsDuplicates;
impl Steps for YieldsDuplicates {
    fn yields(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        (0..futures.len()).collect()
    }
}

struct SkipsWhatIsDone;
impl Steps for SkipsWhatIsDone {
    fn yields(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        (0..futures.len()).filter(|&position| !futures[position].is_done()).collect()
    }
}

struct InInputOrder;
impl Steps for InInputOrder {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if let Some(first) = completing.futures.iter().position(Option::is_some) {
            completing.board.until(completing.deadline, &|noted| noted.order.contains(&first));
            completing.board.lock().order.make_contiguous().sort_unstable();
        }
        completing.next()
    }
}

struct NewestFirst;
impl Steps for NewestFirst {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        completing.board.lock().order.make_contiguous().reverse();
        completing.next()
    }
}

struct OfNothingWaits;
impl Steps for OfNothingWaits {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if completing.futures.is_empty() {
            let mut noted = completing.board.lock();
            while noted.order.is_empty() {
                noted = completing.board.changed.wait(noted).unwrap_or_else(PoisonError::into_inner);
            }
        }
        completing.next()
    }
}

struct LimitComesEarly;
impl Steps for LimitComesEarly {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if let Some(limit) = completing.timeout.take() {
            completing.deadline = completing.deadline.and_then(|deadline| deadline.checked_sub(limit / 2));
        }
        completing.next()
    }
}

struct IgnoresLimit;
impl Steps for IgnoresLimit {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        completing.deadline = None;
        completing.next()
    }
}

struct GoesOnAfterTimeout;
impl Steps for GoesOnAfterTimeout {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        let left = completing.left;
        completing.next().inspect_err(|_| completing.left = left)
    }
}

struct EndsAtTheLimit;
impl Steps for EndsAtTheLimit {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        Ok(completing.next().unwrap_or(None))
    }
}

struct ZeroHidesWhatIsDone;
impl Steps for ZeroHidesWhatIsDone {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if completing.timeout == Some(Duration::ZERO) && completing.left > 0 {
            completing.left = 0;
            return Err(TimedOut);
        }
        completing.next()
    }
}

struct LimitFromFirstRead;
impl Steps for LimitFromFirstRead {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if let Some(limit) = completing.timeout.take() {
            completing.deadline = Some(Instant::now() + limit);
        }
        completing.next()
    }
}

struct LimitHidesWhatIsDone;
impl Steps for LimitHidesWhatIsDone {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        if completing.left > 0 && completing.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            completing.left = 0;
            return Err(TimedOut);
        }
        completing.next()
    }
}

struct SkipsFailures;
impl Steps for SkipsFailures {
    fn next_completed(&self, completing: &mut Completing) -> Result<Option<usize>, TimedOut> {
        let futures = completing.futures.clone();
        loop {
            let next = completing.next()?;
            let future = next.and_then(|position| futures[position].as_ref());
            if !future.is_some_and(|future| matches!(future.result(None), Ok(Err(_)))) {
                return Ok(next);
            }
        }
    }
}

struct LeavesOutCancelled;
impl Steps for LeavesOutCancelled {
    fn yields(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        (0..futures.len()).filter(|&position| !futures[position].state().cancelled).collect()
    }
}

struct OneAtATime;
impl Steps for OneAtATime {
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        future.lock().watchers.clear();
        future.watch(board, key);
    }
}
