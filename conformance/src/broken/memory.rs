//! Defects in releasing what tasks carried.

use super::crossing::{Crossing, Processes, Request, pack};
use super::pool::{Job, Mapping, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Failure, Fault, MapOptions, Outcome, Probe, Value, run_caught};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "memory-idle-worker-keeps-last-task",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "An idle worker keeps the last task that it ran.",
            source: "python/cpython#79896, cilium/workerpool#29",
            expected: &["MEM-001"],
            steps: || Arc::<KeepsLastTask>::default(),
        },
        Broken {
            name: "memory-failed-task-is-kept",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "A task that failed is kept for a report that nobody reads.",
            source: "bpo-35930",
            expected: &["MEM-031"],
            steps: || Arc::<FailedTaskIsKept>::default(),
        },
        Broken {
            name: "memory-dropped-future-keeps-its-task",
            area: Area::Memory,
            difficulty: Difficulty::Gates,
            defect: "The task of a future that was dropped is kept.",
            source: "bpo-16284",
            expected: &["MEM-032"],
            steps: || Arc::<DroppedFutureKeepsItsTask>::default(),
        },
        Broken {
            name: "memory-map-keeps-its-items",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "A map keeps its items until it is dropped.",
            source: "bpo-27144",
            expected: &["MEM-033"],
            steps: || Arc::<MapKeepsItsItems>::default(),
        },
        Broken {
            name: "memory-shutdown-keeps-cancelled-tasks",
            area: Area::Memory,
            difficulty: Difficulty::Gates,
            defect: "What tasks carried that shutdown cancelled is kept.",
            source: "CPython 3.6 to 3.13, what futures keep",
            expected: &["MEM-007"],
            steps: || Arc::<KeepsCancelledTasks>::default(),
        },
        Broken {
            name: "process-worker-keeps-what-it-was-brought",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "A worker process keeps what the last task brought until the next one comes.",
            source: "bpo-35930",
            expected: &["MEM-005"],
            steps: || Processes::new(WorkerKeeps { failed_only: false }),
        },
        Broken {
            name: "process-worker-keeps-what-failed",
            area: Area::Memory,
            difficulty: Difficulty::Always,
            defect: "A worker process keeps what the last failed task brought until the next one comes.",
            source: "bpo-46787",
            expected: &["MEM-006"],
            steps: || Processes::new(WorkerKeeps { failed_only: true }),
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
struct FailedTaskIsKept {
    failed: Mutex<Vec<Probe>>,
}
impl Steps for FailedTaskIsKept {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let outcome = run_caught(task.clone());
        if outcome.is_err() {
            locked(&self.failed).push(task);
        }
        outcome
    }
}

#[derive(Default)]
struct DroppedFutureKeepsItsTask {
    dropped: Mutex<HashSet<usize>>,
    kept: Mutex<Vec<Probe>>,
}
impl Steps for DroppedFutureKeepsItsTask {
    fn drop_future(&self, future: &PoolFuture) {
        locked(&self.dropped).insert(future.name());
    }
    fn execute(&self, _pool: &Arc<Pool>, job: Job, _worker: &mut Worker) {
        for future in job {
            let Some(task) = future.claim() else { continue };
            let outcome = self.run(task.clone());
            if locked(&self.dropped).contains(&future.name()) {
                locked(&self.kept).push(task);
            }
            future.finish(outcome);
        }
    }
}

#[derive(Default)]
struct MapKeepsItsItems {
    items: Arc<Mutex<Vec<Probe>>>,
}
impl Steps for MapKeepsItsItems {
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        let nothing = Box::new(std::iter::empty());
        let items = std::mem::replace(&mut mapping.rest.items, nothing);
        let kept = Arc::clone(&self.items);
        mapping.rest.items = Box::new(items.map(move |item| {
            let copy = item.clone();
            locked(&kept).push(item);
            copy
        }));
        mapping.begin(options)
    }
    fn drop_map(&self, mapping: &mut Mapping) {
        if mapping.started {
            mapping.cancel_rest();
        }
        locked(&self.items).clear();
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

struct WorkerKeeps {
    failed_only: bool,
}
impl Crossing for WorkerKeeps {
    fn pack(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        match request {
            Request::Run(task) => {
                let keeping = Request::RunAndKeep { task: task.clone(), failed_only: self.failed_only };
                pack(&keeping).map_err(Failure::Unserialisable)
            }
            other => pack(other).map_err(Failure::Unserialisable),
        }
    }
}
