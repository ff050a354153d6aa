//! Defects in what happens in which process.

use crate::Area;
use crate::broken::crossing::{Crossing, Link, Processes};
use crate::broken::pool::{Phase, PoolFuture, predicates};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{Callback, Outcome, Probe, Raised, State, Value, run_caught, run_initialiser};
use std::sync::Mutex;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "process-runs-in-the-caller",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "Tasks run in the process that submits them.",
            source: "made",
            expected: &["PROC-001"],
            steps: || Processes::new(RunsInTheCaller),
        },
        Broken {
            name: "process-everything-counts-as-running",
            area: Area::Future,
            difficulty: Difficulty::Gates,
            defect: "Every task counts as running as soon as it is queued.",
            source: "made",
            expected: &["FUT-003"],
            steps: || Processes::new(EverythingCountsAsRunning),
        },
        Broken {
            name: "process-initialiser-runs-in-the-caller",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "The initialiser runs in the process that submits, not in the worker.",
            source: "made",
            expected: &["WORK-009", "PROC-001"],
            steps: || Processes::new(InitialiserRunsInTheCaller),
        },
        Broken {
            name: "process-cancelled-tasks-are-kept",
            area: Area::Memory,
            difficulty: Difficulty::Gates,
            defect: "What tasks carried that shutdown cancels is kept in the process that submitted them.",
            source: "CPython 3.6 to 3.13, what futures keep",
            expected: &["MEM-034"],
            steps: || Processes::new(CancelledTasksAreKept::default()),
        },
        Broken {
            name: "process-callback-runs-in-the-worker",
            area: Area::Callback,
            difficulty: Difficulty::Always,
            defect: "Callbacks run in the worker process, not in the one that registered them.",
            source: "made",
            expected: &["CALL-007"],
            steps: || Processes::new(CallbackRunsInTheWorker),
        },
    ]
}

struct RunsInTheCaller;
impl Crossing for RunsInTheCaller {
    fn run(&self, _processes: &Processes, task: Probe) -> Outcome<Value> {
        run_caught(task)
    }
}

struct EverythingCountsAsRunning;
impl Crossing for EverythingCountsAsRunning {
    fn predicates(&self, phase: &Phase) -> State {
        match phase {
            Phase::Pending => State::RUNNING,
            other => predicates(other),
        }
    }
}

struct InitialiserRunsInTheCaller;
impl Crossing for InitialiserRunsInTheCaller {
    fn prepare(&self, _processes: &Processes, _link: &mut Link, initialiser: Probe) -> Result<(), Raised> {
        run_initialiser(initialiser)
    }
}

#[derive(Default)]
struct CancelledTasksAreKept {
    kept: Mutex<Vec<Option<Probe>>>,
}
impl Crossing for CancelledTasksAreKept {
    fn cancel_stranded(&self, future: &PoolFuture) {
        let task = future.lock().task.take();
        locked(&self.kept).push(task);
        future.cancel();
    }
}

struct CallbackRunsInTheWorker;
impl Crossing for CallbackRunsInTheWorker {
    fn call_back(&self, processes: &Processes, callback: Callback) {
        processes.call_back_there(callback);
    }
}
