//! Defects in waiting for several futures.

use super::pool::{Board, Noted, Phase, Pool, PoolFuture, Steps};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{AnyWaited, Fault, ReturnWhen};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "wait-forgets-not-done",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "The futures that are not done are missing from the answer.",
            source: "made",
            expected: &["WAIT-001", "WAIT-031"],
            steps: || Arc::new(ForgetsNotDone),
        },
        Broken {
            name: "wait-all-stops-at-a-failure",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Waiting for all returns at the first failure.",
            source: "Kimundi/scoped-threadpool-rs#11, bevyengine/bevy#6696",
            expected: &["WAIT-002"],
            steps: || Arc::new(AllStopsAtAFailure),
        },
        Broken {
            name: "wait-first-waits-for-all",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Waiting for the first waits for all.",
            source: "made",
            expected: &["WAIT-003"],
            steps: || Arc::new(FirstWaitsForAll),
        },
        Broken {
            name: "wait-failure-goes-unnoticed",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Waiting for the first failure waits for all.",
            source: "made",
            expected: &["WAIT-004"],
            steps: || Arc::new(FailureGoesUnnoticed),
        },
        Broken {
            name: "wait-earlier-failure-goes-unnoticed",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Waiting for the first failure does not notice one that happened before the call.",
            source: "made",
            expected: &["WAIT-004"],
            steps: || Arc::new(EarlierFailureGoesUnnoticed),
        },
        Broken {
            name: "wait-cancellation-counts-as-failure",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Waiting for the first failure returns when a task is cancelled.",
            source: "made",
            expected: &["WAIT-005"],
            steps: || Arc::new(CancellationCountsAsFailure),
        },
        Broken {
            name: "wait-timeout-raises",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "A wait whose limit passes is an error.",
            source: "made",
            expected: &["WAIT-006"],
            steps: || Arc::new(TimeoutRaises),
        },
        Broken {
            name: "wait-zero-blocks",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "A limit of zero is taken for no limit.",
            source: "made",
            expected: &["WAIT-006"],
            steps: || Arc::new(ZeroBlocks),
        },
        Broken {
            name: "wait-of-nothing-blocks",
            area: Area::Wait,
            difficulty: Difficulty::Always,
            defect: "Waiting for no futures never ends.",
            source: "made",
            expected: &["WAIT-007"],
            steps: || Arc::new(OfNothingBlocks),
        },
        Broken {
            name: "wait-duplicates-count-twice",
            area: Area::Wait,
            difficulty: Difficulty::Always,
            defect: "A future that is named twice is waited for twice, and told once.",
            source: "CPython 3.6 to 3.8, bpo-20369",
            expected: &["WAIT-008"],
            steps: || Arc::new(DuplicatesCountTwice),
        },
        Broken {
            name: "wait-one-after-the-other",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "Futures are waited for one after the other.",
            source: "prefect#18960",
            expected: &["WAIT-011", "WAIT-003"],
            steps: || Arc::new(OneAfterTheOther),
        },
        Broken {
            name: "wait-limit-for-each",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "The limit of a wait is granted again to each of its futures.",
            source: "made, after joblib/joblib#1551",
            expected: &["WAIT-031"],
            steps: || Arc::new(LimitForEach),
        },
        Broken {
            name: "wait-limit-comes-early",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "The limit of a wait passes after half its time.",
            source: "made",
            expected: &["WAIT-006", "WAIT-031"],
            steps: || Arc::new(LimitComesEarly),
        },
        Broken {
            name: "wait-giving-up-disturbs-others",
            area: Area::Wait,
            difficulty: Difficulty::Gates,
            defect: "A wait that ends takes the registrations of the other waits back, too.",
            source: "made",
            expected: &["WAIT-034"],
            steps: || Arc::new(GivingUpDisturbsOthers),
        },
        Broken {
            name: "wait-misses-a-completion",
            area: Area::Wait,
            difficulty: Difficulty::Schedule,
            defect: "A future that completes between the look at it and the registration is missed.",
            source: "bpo-14406",
            expected: &["WAIT-032"],
            steps: || Arc::new(MissesACompletion),
        },
    ]
}

struct LimitComesEarly;
impl Steps for LimitComesEarly {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        Ok(pool.wait(futures, when, timeout.map(|limit| limit / 2)))
    }
}

struct ForgetsNotDone;
impl Steps for ForgetsNotDone {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        Ok(AnyWaited { not_done: Vec::new(), ..pool.wait(futures, when, timeout) })
    }
}

struct AllStopsAtAFailure;
impl Steps for AllStopsAtAFailure {
    fn enough(&self, noted: &Noted, count: usize, when: ReturnWhen) -> bool {
        noted.order.len() == count
            || match when {
                ReturnWhen::FirstCompleted => !noted.order.is_empty(),
                ReturnWhen::FirstException | ReturnWhen::AllCompleted => noted.failures > 0,
            }
    }
}

struct FirstWaitsForAll;
impl Steps for FirstWaitsForAll {
    fn enough(&self, noted: &Noted, count: usize, when: ReturnWhen) -> bool {
        noted.order.len() == count || (when == ReturnWhen::FirstException && noted.failures > 0)
    }
}

struct FailureGoesUnnoticed;
impl Steps for FailureGoesUnnoticed {
    fn enough(&self, noted: &Noted, count: usize, when: ReturnWhen) -> bool {
        noted.order.len() == count || (when == ReturnWhen::FirstCompleted && !noted.order.is_empty())
    }
}

struct EarlierFailureGoesUnnoticed;
impl Steps for EarlierFailureGoesUnnoticed {
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        if future.is_done() {
            board.completed(key, false);
        } else {
            future.watch(board, key);
        }
    }
}

struct CancellationCountsAsFailure;
impl Steps for CancellationCountsAsFailure {
    fn announce(&self, watchers: Vec<(Arc<Board>, usize)>, failed: bool, cancelled: bool) {
        watchers.into_iter().for_each(|(board, key)| board.completed(key, failed || cancelled));
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        if future.state().cancelled {
            board.completed(key, true);
        } else {
            future.watch(board, key);
        }
    }
}

struct TimeoutRaises;
impl Steps for TimeoutRaises {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        let waited = pool.wait(futures, when, timeout);
        if when == ReturnWhen::AllCompleted && !waited.not_done.is_empty() {
            return Err(Fault::TimedOut);
        }
        Ok(waited)
    }
}

struct ZeroBlocks;
impl Steps for ZeroBlocks {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        Ok(pool.wait(futures, when, timeout.filter(|limit| !limit.is_zero())))
    }
}

struct OfNothingBlocks;
impl Steps for OfNothingBlocks {
    fn enough(&self, noted: &Noted, count: usize, when: ReturnWhen) -> bool {
        !noted.order.is_empty()
            && (noted.order.len() == count
                || match when {
                    ReturnWhen::FirstCompleted => true,
                    ReturnWhen::FirstException => noted.failures > 0,
                    ReturnWhen::AllCompleted => false,
                })
    }
}

struct DuplicatesCountTwice;
impl Steps for DuplicatesCountTwice {
    fn waits_for(&self, futures: &[Arc<PoolFuture>]) -> Vec<usize> {
        (0..futures.len()).collect()
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        // The futures of a wait form a set: the second registration finds the first.
        if !future.lock().watchers.iter().any(|(known, _)| Arc::ptr_eq(known, board)) && !told(board, future) {
            future.watch(board, key);
        }
    }
}

/// Whether a future that is done was noted on the board already.
fn told(board: &Arc<Board>, future: &PoolFuture) -> bool {
    future.is_done() && !board.lock().order.is_empty()
}

struct OneAfterTheOther;
impl Steps for OneAfterTheOther {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        for future in futures {
            let Ok(outcome) = future.result(timeout) else { break };
            match when {
                ReturnWhen::FirstCompleted => break,
                ReturnWhen::FirstException if outcome.is_err() => break,
                _ => {}
            }
        }
        Ok(pool.wait(futures, when, Some(Duration::ZERO)))
    }
}

struct LimitForEach;
impl Steps for LimitForEach {
    fn wait(
        &self,
        pool: &Pool,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault> {
        let mut waited = pool.wait(futures, when, timeout);
        if when == ReturnWhen::AllCompleted {
            for &position in &waited.not_done {
                let _ = futures[position].result(timeout);
            }
            waited = pool.wait(futures, when, Some(Duration::ZERO));
        }
        Ok(waited)
    }
}

struct GivingUpDisturbsOthers;
impl Steps for GivingUpDisturbsOthers {
    fn abandon(&self, futures: &[Arc<PoolFuture>], _board: &Arc<Board>) {
        for future in futures {
            future.lock().watchers.clear();
        }
    }
}

struct MissesACompletion;
impl Steps for MissesACompletion {
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        if matches!(future.lock().phase, Phase::Done(_)) {
            return future.watch(board, key);
        }
        thread::yield_now();
        future.lock().watchers.push((Arc::clone(board), key));
    }
}
