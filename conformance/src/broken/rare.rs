//! Rare defects: the races of their namesakes, with nothing that widens the window.
//!
//! Whether one run catches them is luck. The self-test leaves them out; its soak measures how often they
//! are caught.

use super::pool::{Phase, PoolFuture, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Callback, Failure, Outcome, TimedOut, Value};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "rare-result-shared-slot",
            area: Area::Result,
            difficulty: Difficulty::Rare,
            defect: "All workers pass their results through one slot, which is taken twice for each.",
            source: "made, after scikit-learn/scikit-learn#6179",
            expected: &["RES-004", "SUB-007", "SUB-002"],
            steps: || Arc::<SharedSlot>::default(),
        },
        Broken {
            name: "rare-result-misses-the-wake-up",
            area: Area::Result,
            difficulty: Difficulty::Rare,
            defect: "A waiter that finds the task running locks once more to sleep, without looking again.",
            source: "tokio-rs/tokio#525, compio-rs/compio#948",
            expected: &["RES-032"],
            steps: || Arc::new(MissesTheWakeUp),
        },
        Broken {
            name: "rare-cancel-looks-before-it-leaps",
            area: Area::Cancel,
            difficulty: Difficulty::Rare,
            defect: "Cancel looks whether the task has started under one lock, and marks the future under the next.",
            source: "made",
            expected: &["CANC-004"],
            steps: || Arc::new(LooksBeforeItLeaps),
        },
        Broken {
            name: "rare-callback-lost-in-the-race",
            area: Area::Callback,
            difficulty: Difficulty::Rare,
            defect: "Registration looks whether the future is done under one lock, and appends under the next.",
            source: "made",
            expected: &["CALL-014"],
            steps: || Arc::new(LostInTheRace),
        },
    ]
}

#[derive(Default)]
struct SharedSlot {
    slot: Mutex<Option<Outcome<Value>>>,
}
impl Steps for SharedSlot {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        *locked(&self.slot) = Some(outcome);
        let latest = locked(&self.slot).clone();
        latest.into_iter().for_each(|outcome| future.finish(outcome));
    }
}

struct MissesTheWakeUp;
impl Steps for MissesTheWakeUp {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if timeout.is_none() && !future.is_done() {
            let _woken = future.changed.wait(future.lock());
        }
        future.result(timeout)
    }
}

struct LooksBeforeItLeaps;
impl Steps for LooksBeforeItLeaps {
    fn cancel(&self, future: &PoolFuture) -> bool {
        if !matches!(future.lock().phase, Phase::Pending) {
            return future.cancel();
        }
        future.finish(Err(Failure::Cancelled));
        true
    }
}

struct LostInTheRace;
impl Steps for LostInTheRace {
    fn on_done(&self, future: &PoolFuture, callback: Callback) {
        if future.is_done() {
            return self.call_late(future, callback);
        }
        future.lock().callbacks.push(callback);
    }
}
