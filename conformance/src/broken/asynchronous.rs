//! Defects in awaiting from asynchronous code.

use super::pool::Steps;
use super::{Broken, Difficulty};
use crate::Area;
use std::sync::Arc;
use std::task::Waker;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "await-sleeps-through-failure",
            area: Area::Async,
            difficulty: Difficulty::Gates,
            defect: "A task that fails does not wake the asynchronous code that awaits it.",
            source: "gh-112182",
            expected: &["ASYN-001"],
            steps: || Arc::new(AwaitSleepsThroughFailure),
        },
        Broken {
            name: "await-sleeps-through-success",
            area: Area::Async,
            difficulty: Difficulty::Gates,
            defect: "A task that succeeds does not wake the asynchronous code that awaits it.",
            source: "seeded",
            expected: &["ASYN-002"],
            steps: || Arc::new(AwaitSleepsThroughSuccess),
        },
    ]
}

struct AwaitSleepsThroughFailure;
impl Steps for AwaitSleepsThroughFailure {
    fn wake_awaiting(&self, wakers: Vec<Waker>, failed: bool) {
        if !failed {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

struct AwaitSleepsThroughSuccess;
impl Steps for AwaitSleepsThroughSuccess {
    fn wake_awaiting(&self, wakers: Vec<Waker>, failed: bool) {
        if failed {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}
