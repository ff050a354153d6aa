//! Defects at the border of a process: what cannot cross it.

use crate::Area;
use crate::broken::crossing::{Crossing, Processes, Request, pack, unpack};
use crate::broken::pool::{Pool, PoolFuture, Worker};
use crate::broken::{Broken, Difficulty};
use poolproof_harness::{Failure, Outcome, PayloadBytes, Value};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "process-unserialisable-task-strands",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "The future of a task that cannot be serialised stays pending.",
            source: "noxdafox/pebble#146, python/cpython#116685",
            expected: &["PROC-003"],
            steps: || Processes::new(UnserialisableStrands),
        },
        Broken {
            name: "process-unserialisable-task-stops-the-feeder",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A task that cannot be serialised ends the thread that feeds its worker.",
            source: "CPython 3.6, bpo-31699",
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
            name: "process-cancelled-task-hides-the-shutdown",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A shutdown that comes while a result is rebuilt is forgotten if the task behind it was cancelled.",
            source: "python/cpython#94440",
            expected: &["SHUT-013"],
            steps: || Processes::new(ForgetsTheShutdown::default()),
        },
        Broken {
            name: "process-unserialisable-result-becomes-nothing",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A result that cannot be serialised is delivered as nothing.",
            source: "agronholm/pythonfutures#30, python/cpython#103061",
            expected: &["PROC-006"],
            steps: || Processes::new(UnserialisableBecomesNothing),
        },
        Broken {
            name: "process-quota-is-overrun",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A worker process takes one task more than its quota.",
            source: "made",
            expected: &["WORK-031"],
            steps: || Processes::new(QuotaIsOverrun),
        },
        Broken {
            name: "process-unrebuildable-result-ends-worker",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A result that cannot be rebuilt ends the thread that reads results, and its future stays pending.",
            source: "agronholm/pythonfutures#30, python/cpython#103061",
            expected: &["PROC-008"],
            steps: || Processes::new(UnrebuildableEndsWorker),
        },
        Broken {
            name: "process-results-cut-at-64-kib",
            area: Area::Result,
            difficulty: Difficulty::Always,
            defect: "Results are cut at 64 KiB, what a pipe holds.",
            source: "noxdafox/pebble#147",
            expected: &["RES-005"],
            steps: || Processes::new(CutAt64KiB),
        },
        Broken {
            name: "process-unrebuildable-task-strands",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "The future of a task that cannot be rebuilt in the worker stays pending.",
            source: "CPython 3.6, bpo-31699",
            expected: &["PROC-007"],
            steps: || Processes::new(UnrebuildableTaskStrands),
        },
        Broken {
            name: "process-unrebuildable-task-breaks-the-pool",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A task that cannot be rebuilt in the worker takes the whole pool along.",
            source: "gh-80041",
            expected: &["PROC-031"],
            steps: || Processes::new(UnrebuildableBreaksThePool::task()),
        },
        Broken {
            name: "process-unrebuildable-result-breaks-the-pool",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "A result that cannot be rebuilt takes the whole pool along.",
            source: "gh-80041",
            expected: &["PROC-032"],
            steps: || Processes::new(UnrebuildableBreaksThePool::result()),
        },
        Broken {
            name: "process-unserialisable-error-strands",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "The future of a task whose error cannot be serialised stays pending.",
            source: "CPython 3.6, bpo-31699",
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
    ]
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

#[derive(Default)]
struct ForgetsTheShutdown {
    rebuilds: AtomicBool,
    came_meanwhile: AtomicBool,
}
impl Crossing for ForgetsTheShutdown {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        self.rebuilds.store(true, Ordering::SeqCst);
        let outcome = unpack(answer).unwrap_or_else(|reason| Err(Failure::Unserialisable(reason)));
        self.rebuilds.store(false, Ordering::SeqCst);
        outcome
    }
    fn await_workers(&self, pool: &Pool) {
        self.came_meanwhile.fetch_or(self.rebuilds.load(Ordering::SeqCst), Ordering::SeqCst);
        pool.await_workers();
    }
    fn goes_on(&self, _pool: &Pool, worker: &Worker) -> bool {
        while worker.skipped && self.came_meanwhile.load(Ordering::SeqCst) {
            thread::park();
        }
        true
    }
}

struct QuotaIsOverrun;
impl Crossing for QuotaIsOverrun {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.config.max_tasks_per_worker.is_none_or(|most| worker.ran <= most)
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

struct CutAt64KiB;
impl Crossing for CutAt64KiB {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        match unpack(answer).map_err(Failure::Unserialisable)?? {
            Value::Payload(payload) => Ok(Value::Payload(PayloadBytes { len: payload.len.min(64 * 1024), ..payload })),
            value => Ok(value),
        }
    }
}

/// Whether the worker answers that it could not read what it was sent.
fn could_not_read(answer: &[u8]) -> bool {
    matches!(unpack(answer), Ok(Err(Failure::Unserialisable(reason))) if reason.contains("Deserialization"))
}

struct UnrebuildableTaskStrands;
impl Crossing for UnrebuildableTaskStrands {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        assert!(!could_not_read(answer), "the worker answers what it was asked");
        unpack(answer).unwrap_or_else(|reason| Err(Failure::Unserialisable(reason)))
    }
}

struct UnrebuildableBreaksThePool {
    is: fn(&[u8]) -> bool,
    breaks: AtomicBool,
}
impl UnrebuildableBreaksThePool {
    fn task() -> Self {
        Self { is: could_not_read, breaks: AtomicBool::default() }
    }
    fn result() -> Self {
        Self { is: |answer| unpack(answer).is_err(), breaks: AtomicBool::default() }
    }
}
impl Crossing for UnrebuildableBreaksThePool {
    fn unpack(&self, answer: &[u8]) -> Outcome<Value> {
        self.breaks.fetch_or((self.is)(answer), Ordering::SeqCst);
        unpack(answer).unwrap_or_else(|reason| Err(Failure::Unserialisable(reason)))
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        let breaks = self.breaks.load(Ordering::SeqCst);
        if breaks {
            pool.break_down("something could not be rebuilt");
        }
        !breaks
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
            pool.break_down("an error could not be rebuilt");
        }
        !breaks
    }
}
