//! Defects in releasing what tasks carried.

use super::pool::{PoolFuture, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Outcome, Probe, Value, run_caught};
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "memory-idle-worker-keeps-last-task",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "An idle worker keeps the last task that it ran.",
            source: "M81",
            expected: &["MEM-001"],
            steps: || Arc::<KeepsLastTask>::default(),
        },
        Broken {
            name: "memory-shutdown-keeps-cancelled-tasks",
            area: Area::Memory,
            difficulty: Difficulty::Gates,
            defect: "What tasks carried that shutdown cancelled is kept.",
            source: "B-36",
            expected: &["MEM-007"],
            steps: || Arc::<KeepsCancelledTasks>::default(),
        },
    ]
}

#[derive(Default)]
struct KeepsLastTask {
    last: Mutex<Option<Probe>>,
}
impl Steps for KeepsLastTask {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let copy = task.clone();
        let before = locked(&self.last).replace(task);
        drop(before);
        run_caught(copy)
    }
}

#[derive(Default)]
struct KeepsCancelledTasks {
    kept: Mutex<Vec<Option<Probe>>>,
}
impl Steps for KeepsCancelledTasks {
    fn cancel_stranded(&self, future: &PoolFuture) {
        let task = future.lock().task.take();
        locked(&self.kept).push(task);
        future.cancel();
    }
}
