//! Defects in worker processes.

use super::crossing::{Crossing, Link, Processes, Request, pack, unpack};
use super::pool::{Job, Phase, Pool, PoolFuture, Worker, predicates};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{
    Callback, Failure, Outcome, PayloadBytes, Probe, Profile, Raised, Refused, State, Value, WorkerLossPolicy,
    run_caught, run_initialiser,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

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
            name: "process-unserialisable-task-strands",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "The future of a task that cannot be serialised stays pending.",
            source: "M12",
            expected: &["PROC-003"],
            steps: || Processes::new(UnserialisableStrands),
        },
        Broken {
            name: "process-unserialisable-task-stops-the-feeder",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A task that cannot be serialised ends the thread that feeds its worker.",
            source: "B-05",
            expected: &["PROC-004", "PROC-003", "WORK-002"],
            steps: || Processes::new(StopsTheFeeder::default()),
        },
        Broken {
            name: "process-shutdown-waits-for-the-unserialisable",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "A task that cannot be serialised stays on the count of pending tasks, for which shutdown waits.",
            source: "bpo-39104",
            expected: &["SHUT-012"],
            steps: || Processes::new(ShutdownWaitsForTheUnserialisable::default()),
        },
        Broken {
            name: "process-cancelling-shutdown-serialises",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "A shutdown that cancels writes the queued tasks down first, and strands those that cannot be.",
            source: "gh-125451",
            expected: &["SHUT-033"],
            steps: || Processes::new(CancellingShutdownSerialises),
        },
        Broken {
            name: "process-unserialisable-result-becomes-nothing",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A result that cannot be serialised is delivered as nothing.",
            source: "M11",
            expected: &["PROC-006"],
            steps: || Processes::new(UnserialisableBecomesNothing),
        },
        Broken {
            name: "process-unrebuildable-result-ends-worker",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A result that cannot be rebuilt ends the thread that reads results, and its future stays pending.",
            source: "M11",
            expected: &["PROC-008"],
            steps: || Processes::new(UnrebuildableEndsWorker),
        },
        Broken {
            name: "process-death-strands-its-task",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "The task of a process that dies stays pending.",
            source: "M86",
            expected: &["PROC-009"],
            steps: || Processes::new(DeathStrands),
        },
        Broken {
            name: "process-death-looks-like-success",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A task whose process dies is delivered as a task that returned nothing.",
            source: "M02",
            expected: &["PROC-009"],
            steps: || Processes::new(DeathLooksLikeSuccess),
        },
        Broken {
            name: "process-death-is-retried",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A task whose process dies is sent to the next one, for ever.",
            source: "dask#1110",
            expected: &["PROC-009"],
            steps: || Processes::new(DeathIsRetried),
        },
        Broken {
            name: "process-dead-one-is-not-replaced",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A process that dies is not replaced, and the profile says that it is.",
            source: "M61",
            expected: &["PROC-009", "WORK-002"],
            steps: || Processes::new(DeadOneIsNotReplaced::default()),
        },
        Broken {
            name: "process-death-breaks-the-pool-undeclared",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A process that dies is replaced, and the profile says that its death breaks the pool.",
            source: "made",
            expected: &["PROC-009", "PROC-010"],
            steps: || Processes::new(DeathBreaksThePool),
        },
        Broken {
            name: "process-idle-death-fails-the-next-task",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A process that dies while it is idle takes the next task with it.",
            source: "loky#374",
            expected: &["PROC-010", "PROC-009"],
            steps: || Processes::new(IdleDeathFailsTheNextTask),
        },
        Broken {
            name: "process-shutdown-waits-for-the-dead",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "Shutdown waits for a worker that is dead already.",
            source: "M60",
            expected: &["SHUT-014", "PROC-009", "SHUT-002"],
            steps: || Processes::new(ShutdownWaitsForTheDead::default()),
        },
        Broken {
            name: "process-left-as-zombie",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "Nobody waits for worker processes that end: they stay as zombies.",
            source: "M84",
            expected: &["SHUT-016", "SHUT-002"],
            steps: || Processes::new(LeftAsZombie),
        },
        Broken {
            name: "process-results-cut-at-64-kib",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "Results are cut at 64 KiB, what a pipe holds.",
            source: "M10",
            expected: &["RES-005"],
            steps: || Processes::new(CutAt64KiB),
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
            name: "process-unserialisable-error-strands",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "The future of a task whose error cannot be serialised stays pending.",
            source: "B-05",
            expected: &["FAIL-010"],
            steps: || Processes::new(UnserialisableErrorStrands),
        },
        Broken {
            name: "process-unrebuildable-error-breaks-the-pool",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "An error that cannot be rebuilt takes the whole pool along.",
            source: "gh-80041",
            expected: &["FAIL-011"],
            steps: || Processes::new(UnrebuildableErrorBreaksThePool::default()),
        },
        Broken {
            name: "process-cancelled-tasks-are-kept",
            area: Area::Memory,
            difficulty: Difficulty::Gates,
            defect: "What tasks carried that shutdown cancels is kept in the process that submitted them.",
            source: "B-36",
            expected: &["MEM-034"],
            steps: || Processes::new(CancelledTasksAreKept::default()),
        },
        Broken {
            name: "process-death-calls-back-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Fault,
            defect: "The task of a process that died is failed under the lock of submit: a callback that submits hangs.",
            source: "B-14",
            expected: &["CALL-033"],
            steps: || Processes::new(DeathCallsBackUnderTheLock::default()),
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

struct UnserialisableStrands;
impl Crossing for UnserialisableStrands {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        if !matches!(outcome, Err(Failure::Unserialisable(_))) {
            future.finish(outcome);
        }
    }
}

#[derive(Default)]
struct StopsTheFeeder {
    stops: AtomicBool,
}
impl Crossing for StopsTheFeeder {
    fn pack(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let packed = pack(request).map_err(Failure::Unserialisable);
        self.stops.fetch_or(packed.is_err(), Ordering::SeqCst);
        packed
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        let stops = self.stops.swap(false, Ordering::SeqCst);
        pool.lock().limit -= usize::from(stops);
        !stops
    }
}

#[derive(Default)]
struct ShutdownWaitsForTheUnserialisable {
    stuck: AtomicUsize,
}
impl Crossing for ShutdownWaitsForTheUnserialisable {
    fn pack(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let packed = pack(request).map_err(Failure::Unserialisable);
        self.stuck.fetch_add(usize::from(packed.is_err()), Ordering::SeqCst);
        packed
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
        while self.stuck.load(Ordering::SeqCst) > 0 {
            thread::park();
        }
    }
}

struct CancellingShutdownSerialises;
impl Crossing for CancellingShutdownSerialises {
    fn cancel_stranded(&self, future: &PoolFuture) {
        let task = future.lock().task.take();
        if task.is_some_and(|task| pack(&Request::Run(task)).is_ok()) {
            future.cancel();
        }
    }
}

struct UnserialisableBecomesNothing;
impl Crossing for UnserialisableBecomesNothing {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        match unpack(answer) {
            Ok(Err(Failure::Unserialisable(_))) => Ok(Value::None),
            Ok(outcome) => outcome,
            Err(reason) => Err(Failure::Unserialisable(reason)),
        }
    }
}

struct UnrebuildableEndsWorker;
impl Crossing for UnrebuildableEndsWorker {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        unpack(answer).expect("a worker sends what can be read")
    }
}

struct DeathStrands;
impl Crossing for DeathStrands {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        if !matches!(outcome, Err(Failure::Broken(_))) {
            future.finish(outcome);
        }
    }
}

struct DeathLooksLikeSuccess;
impl Crossing for DeathLooksLikeSuccess {
    fn lost(&self, _task: &Probe) -> Outcome<Value> {
        Ok(Value::None)
    }
}

struct DeathIsRetried;
impl Crossing for DeathIsRetried {
    fn run(&self, processes: &Processes, task: Probe) -> Outcome<Value> {
        loop {
            let outcome = processes.cross(task.clone());
            if !matches!(outcome, Err(Failure::Broken(_))) {
                return outcome;
            }
        }
    }
}

#[derive(Default)]
struct DeadOneIsNotReplaced {
    died: AtomicBool,
}
impl Crossing for DeadOneIsNotReplaced {
    fn lost(&self, _task: &Probe) -> Outcome<Value> {
        self.died.store(true, Ordering::SeqCst);
        Err(Failure::Broken("its worker process died".into()))
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        let died = self.died.swap(false, Ordering::SeqCst);
        pool.lock().limit -= usize::from(died);
        !died
    }
}

struct DeathBreaksThePool;
impl Crossing for DeathBreaksThePool {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_loss: WorkerLossPolicy::PoolBroken, ..profile }
    }
}

struct IdleDeathFailsTheNextTask;
impl Crossing for IdleDeathFailsTheNextTask {
    fn replaces_idle(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct ShutdownWaitsForTheDead {
    dead: AtomicUsize,
}
impl Crossing for ShutdownWaitsForTheDead {
    fn lost(&self, _task: &Probe) -> Outcome<Value> {
        self.dead.fetch_add(1, Ordering::SeqCst);
        Err(Failure::Broken("its worker process died".into()))
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
        while self.dead.load(Ordering::SeqCst) > 0 {
            thread::park();
        }
    }
}

struct LeftAsZombie;
impl Crossing for LeftAsZombie {
    fn end(&self, link: Link) {
        drop(link);
    }
}

struct CutAt64KiB;
impl Crossing for CutAt64KiB {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        match unpack(answer).map_err(Failure::Unserialisable)?? {
            Value::Payload(payload) => Ok(Value::Payload(PayloadBytes { len: payload.len.min(64 * 1024), ..payload })),
            value => Ok(value),
        }
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

struct UnserialisableErrorStrands;
impl Crossing for UnserialisableErrorStrands {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        if !raises(&outcome, "UnserialisableError") {
            future.finish(outcome);
        }
    }
}

/// Whether a task raised an error of this kind. (Errors of these pools are texts; their kinds tell
/// which of them would not travel elsewhere.)
fn raises(outcome: &Outcome<Value>, kind: &str) -> bool {
    matches!(outcome, Err(Failure::Raised(raised)) if raised.kind == kind)
}

#[derive(Default)]
struct UnrebuildableErrorBreaksThePool {
    breaks: AtomicBool,
}
impl Crossing for UnrebuildableErrorBreaksThePool {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        self.breaks.fetch_or(raises(&outcome, "UnrebuildableError"), Ordering::SeqCst);
        future.finish(outcome);
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        let breaks = self.breaks.load(Ordering::SeqCst);
        if breaks {
            pool.initialiser_failed("an error could not be rebuilt");
        }
        !breaks
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

#[derive(Default)]
struct DeathCallsBackUnderTheLock {
    door: Mutex<()>,
}
impl Crossing for DeathCallsBackUnderTheLock {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let _door = locked(&self.door);
        pool.enqueue(job)
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        let _door = matches!(outcome, Err(Failure::Broken(_))).then(|| locked(&self.door));
        future.finish(outcome);
    }
}

struct CallbackRunsInTheWorker;
impl Crossing for CallbackRunsInTheWorker {
    fn call_back(&self, processes: &Processes, callback: Callback) {
        processes.call_back_there(callback);
    }
}
