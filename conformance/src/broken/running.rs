//! Defects that only tasks which run already show. Their workers take their time, so that whoever does not
//! wait until a task runs sees nothing wrong.

use super::crossing::{Crossing, Processes};
use super::pool::{Job, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Callback, Failure, Outcome, Probe, Raised, Refused, TimedOut, Value};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Longer than a check needs for its next call.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "callback-on-a-running-task-is-lost",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "A callback that is registered while the task runs is never called.",
            source: "made",
            expected: &["CALL-001", "CALL-002", "CALL-013", "CALL-014"],
            steps: || Arc::new(LosesCallbacks),
        },
        Broken {
            name: "result-of-a-running-task-is-nothing",
            area: Area::Result,
            difficulty: Difficulty::Gates,
            defect: "Who asks for the result of a task that runs gets nothing, at once.",
            source: "made",
            expected: &[
                "RES-001", "TIME-001", "TIME-002", "TIME-003", "TIME-005", "TIME-031", "TIME-032", "FUT-032",
                "FAIL-035",
            ],
            steps: || Arc::new(GivesNothing),
        },
        Broken {
            name: "shutdown-waits-only-for-the-queue",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A waiting shutdown that finds the queue empty returns at once, although a task runs.",
            source: "made",
            expected: &["SHUT-001", "SHUT-004"],
            steps: || Arc::new(WaitsOnlyForTheQueue),
        },
        Broken {
            name: "exit-waits-only-for-the-queue",
            area: Area::Exit,
            difficulty: Difficulty::Gates,
            defect: "The program ends while a task runs, if nothing is queued behind it.",
            source: "made",
            expected: &["EXIT-001"],
            steps: || Arc::new(EndsWithoutTheRunning),
        },
        Broken {
            name: "process-death-takes-what-came-meanwhile",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "What was submitted while a task ran is lost when that task's process dies.",
            source: "made",
            expected: &["PROC-009", "PROC-011", "PROC-012"],
            steps: || Processes::new(TakesAlong::default()),
        },
    ]
}

struct LosesCallbacks;
impl Steps for LosesCallbacks {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        thread::sleep(PAUSE);
        pool.execute(job, worker);
    }
    fn on_done(&self, future: &PoolFuture, callback: Callback) {
        if !future.state().running {
            future.on_done(callback);
        }
    }
}

struct GivesNothing;
impl Steps for GivesNothing {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        thread::sleep(PAUSE);
        pool.execute(job, worker);
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if future.state().running { Ok(Ok(Value::None)) } else { future.result(timeout) }
    }
}

struct WaitsOnlyForTheQueue;
impl Steps for WaitsOnlyForTheQueue {
    fn initialise(&self, pool: &Pool) -> Result<(), Raised> {
        thread::sleep(PAUSE);
        pool.initialise()
    }
    fn await_workers(&self, pool: &Pool) {
        if !pool.lock().queue.is_empty() {
            pool.await_workers();
        }
    }
}

struct EndsWithoutTheRunning;
impl Steps for EndsWithoutTheRunning {
    fn initialise(&self, pool: &Pool) -> Result<(), Raised> {
        thread::sleep(PAUSE);
        pool.initialise()
    }
    fn program_ends(&self, pool: &Arc<Pool>) {
        let is_empty = pool.lock().queue.is_empty();
        self.close(pool);
        if !is_empty {
            self.await_workers(pool);
        }
    }
}

/// Where a process takes its time to start, no pause is needed.
#[derive(Default)]
struct TakesAlong {
    running: AtomicUsize,
    came_meanwhile: Mutex<HashSet<usize>>,
}
impl Crossing for TakesAlong {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if self.running.load(Ordering::SeqCst) > 0 {
            locked(&self.came_meanwhile).extend(job.iter().map(|future| future.name()));
        }
        pool.enqueue(job)
    }
    fn run(&self, processes: &Processes, task: Probe) -> Outcome<Value> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let outcome = processes.cross(task);
        self.running.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
    fn lost(&self, processes: &Processes, _task: &Probe) -> Outcome<Value> {
        let came_meanwhile = locked(&self.came_meanwhile);
        processes.forget(|job| job.iter().any(|future| came_meanwhile.contains(&future.name())));
        Err(Failure::Broken("its worker process died".into()))
    }
}
