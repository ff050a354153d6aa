//! Defects in containing and delivering failures.

use super::pool::{Job, Phase, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Probe, Refused, TimedOut, Value, run_caught};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "failure-becomes-success",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that fails is delivered as a task that returned nothing.",
            source: "gevent/gevent#556",
            expected: &["FAIL-001"],
            steps: || Arc::new(BecomesSuccess),
        },
        Broken {
            name: "failure-loses-its-reason",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "Whatever a task raised, the waiter is told that it was cancelled.",
            source: "dask/distributed#2039",
            expected: &["FAIL-001"],
            steps: || Arc::new(LosesItsReason),
        },
        Broken {
            name: "failure-hidden-from-exception",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "Asked for its failure, a failed future says that there is none.",
            source: "made",
            expected: &["FAIL-001", "RES-001"],
            steps: || Arc::new(HiddenFromException),
        },
        Broken {
            name: "failure-changes-when-read-again",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A failure is given out once; who asks again is told that it was reported already.",
            source: "made",
            expected: &["FAIL-002"],
            steps: || Arc::new(ChangesWhenReadAgain),
        },
        Broken {
            name: "failure-wakes-nobody",
            area: Area::Failure,
            difficulty: Difficulty::Gates,
            defect: "Threads that wait for the result are not woken when the task fails.",
            source: "rust-threadpool/rust-threadpool#13, glommio/glommio#37",
            expected: &["FAIL-035"],
            steps: || Arc::new(WakesNobody),
        },
        Broken {
            name: "failure-ends-worker",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that fails ends its worker, and the pool silently shrinks.",
            source: "rust-lang/futures-rs#1468, bevyengine/bevy#6443",
            expected: &["FAIL-034", "WORK-002"],
            steps: || Arc::new(EndsWorker),
        },
        Broken {
            name: "failure-spreads",
            area: Area::Failure,
            difficulty: Difficulty::Gates,
            defect: "A task that fails takes everything that is queued with it.",
            source: "made",
            expected: &["FAIL-001"],
            steps: || Arc::new(Spreads),
        },
        Broken {
            name: "failure-exit-ends-worker",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that raises the exit error ends its worker, which is not replaced.",
            source: "CPython 3.6 to 3.13, callbacks that raise SystemExit",
            expected: &["FAIL-003"],
            steps: || Arc::<ExitEndsWorker>::default(),
        },
        Broken {
            name: "failure-falsy-swallowed",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "An error whose truth value is false is delivered as success.",
            source: "python/cpython#132063",
            expected: &["FAIL-004"],
            steps: || Arc::new(FalsySwallowed),
        },
        Broken {
            name: "failure-raised-timeout-looks-expired",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that raises the time-out error itself looks as if the caller's limit had passed.",
            source: "made",
            expected: &["FAIL-005"],
            steps: || Arc::new(RaisedTimeoutLooksExpired),
        },
        Broken {
            name: "panic-strands-its-future",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that panics drops its result slot without filling it: its future stays pending.",
            source: "rust-threadpool/rust-threadpool#13, glommio/glommio#37",
            expected: &["FAIL-031", "FAIL-001", "FAIL-003"],
            steps: || Arc::new(PanicStrandsItsFuture),
        },
        Broken {
            name: "panic-ends-worker",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that panics ends its worker, and the pool silently shrinks.",
            source: "rust-lang/futures-rs#1468, bevyengine/bevy#6443",
            expected: &["WORK-002", "FAIL-031"],
            steps: || Arc::new(PanicEndsWorker),
        },
        Broken {
            name: "panic-fails-the-next-task",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "After a task panicked, the next one fails because of it.",
            source: "smol-rs/blocking#24",
            expected: &["FAIL-033"],
            steps: || Arc::<PanicFailsTheNextTask>::default(),
        },
        Broken {
            name: "panic-poisons-submit",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "After a task panicked, the next submit panics.",
            source: "smol-rs/blocking#24",
            expected: &["FAIL-031", "FAIL-001"],
            steps: || Arc::<PanicPoisonsSubmit>::default(),
        },
        Broken {
            name: "panic-keeps-counting-as-active",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that panics is never taken off the count of active tasks, for which shutdown waits.",
            source: "rust-threadpool/rust-threadpool#63",
            expected: &["SHUT-002", "FAIL-031"],
            steps: || Arc::<PanicKeepsCounting>::default(),
        },
        Broken {
            name: "panic-only-text-is-caught",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A panic whose payload is not text escapes and strands its future.",
            source: "dask/distributed#5958, morganstanley/testplan#74",
            expected: &["FAIL-032", "FAIL-031", "FAIL-003"],
            steps: || Arc::new(OnlyTextIsCaught),
        },
        Broken {
            name: "panic-aborts",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "A task that panics aborts the whole process.",
            source: "rayon-rs/rayon#1076, quickwit-oss/tantivy#2409",
            expected: &["FAIL-031", "FAIL-001"],
            steps: || Arc::new(PanicAborts),
        },
        Broken {
            name: "failure-grows-with-every-reader",
            area: Area::Failure,
            difficulty: Difficulty::Always,
            defect: "Every reader of a failure leaves something in the stored error.",
            source: "CPython, Future.result",
            expected: &["FAIL-008"],
            steps: || Arc::<GrowsWithEveryReader>::default(),
        },
    ]
}

struct BecomesSuccess;
impl Steps for BecomesSuccess {
    fn run(&self, task: Probe) -> Outcome<Value> {
        Ok(run_caught(task).unwrap_or(Value::None))
    }
}

struct LosesItsReason;
impl Steps for LosesItsReason {
    fn run(&self, task: Probe) -> Outcome<Value> {
        run_caught(task).map_err(|_| Failure::Cancelled)
    }
}

struct HiddenFromException;
impl Steps for HiddenFromException {
    fn exception(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Option<Failure>, TimedOut> {
        future.result(timeout).map(|_| None)
    }
}

struct ChangesWhenReadAgain;
impl Steps for ChangesWhenReadAgain {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let outcome = future.result(timeout)?;
        if outcome.is_err() {
            future.lock().phase = Phase::Done(Err(Failure::Broken("the failure was reported already".into())));
        }
        Ok(outcome)
    }
}

struct WakesNobody;
impl Steps for WakesNobody {
    fn wake(&self, future: &PoolFuture, cancelled: bool) {
        if cancelled || matches!(future.result(Some(Duration::ZERO)), Ok(Ok(_))) {
            future.changed.notify_all();
        }
    }
}

struct EndsWorker;
impl Steps for EndsWorker {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.lock().limit -= usize::from(worker.failed);
        !worker.failed
    }
}

struct Spreads;
impl Steps for Spreads {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        if worker.failed {
            let queued = std::mem::take(&mut pool.lock().queue);
            for future in queued.into_iter().flatten() {
                future.finish(Err(Failure::Broken("a task failed".into())));
            }
        }
        true
    }
}

#[derive(Default)]
struct ExitEndsWorker {
    exits: AtomicBool,
}
impl Steps for ExitEndsWorker {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let outcome = run_caught(task);
        let exits = matches!(&outcome, Err(Failure::Raised(raised)) if raised.kind == "SystemExit");
        self.exits.fetch_or(exits, Ordering::SeqCst);
        outcome
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        let exits = self.exits.swap(false, Ordering::SeqCst);
        pool.lock().limit -= usize::from(exits);
        !exits
    }
}

struct FalsySwallowed;
impl Steps for FalsySwallowed {
    fn run(&self, task: Probe) -> Outcome<Value> {
        match run_caught(task) {
            Err(Failure::Raised(raised)) if raised.kind == "FalsyError" => Ok(Value::None),
            outcome => outcome,
        }
    }
}

struct RaisedTimeoutLooksExpired;
impl Steps for RaisedTimeoutLooksExpired {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        match future.result(timeout)? {
            Err(Failure::Raised(raised)) if raised.kind == "TimeoutError" => Err(TimedOut),
            outcome => Ok(outcome),
        }
    }
}

struct PanicStrandsItsFuture;
impl Steps for PanicStrandsItsFuture {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        if !matches!(outcome, Err(Failure::Panicked(_))) {
            future.finish(outcome);
        }
    }
}

struct PanicEndsWorker;
impl Steps for PanicEndsWorker {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.lock().limit -= usize::from(worker.panicked);
        !worker.panicked
    }
}

#[derive(Default)]
struct PanicFailsTheNextTask {
    poisoned: AtomicBool,
}
impl Steps for PanicFailsTheNextTask {
    fn run(&self, task: Probe) -> Outcome<Value> {
        if self.poisoned.swap(false, Ordering::SeqCst) {
            return Err(Failure::Broken("a lock was poisoned".into()));
        }
        let outcome = run_caught(task);
        self.poisoned.store(matches!(outcome, Err(Failure::Panicked(_))), Ordering::SeqCst);
        outcome
    }
}

#[derive(Default)]
struct PanicPoisonsSubmit {
    poisoned: AtomicBool,
}
impl Steps for PanicPoisonsSubmit {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let outcome = run_caught(task);
        self.poisoned.fetch_or(matches!(outcome, Err(Failure::Panicked(_))), Ordering::SeqCst);
        outcome
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        assert!(!self.poisoned.load(Ordering::SeqCst), "the lock of the queue is poisoned");
        pool.enqueue(job)
    }
}

#[derive(Default)]
struct PanicKeepsCounting {
    active: AtomicUsize,
}
impl Steps for PanicKeepsCounting {
    fn run(&self, task: Probe) -> Outcome<Value> {
        self.active.fetch_add(1, Ordering::SeqCst);
        let outcome = run_caught(task);
        if !matches!(outcome, Err(Failure::Panicked(_))) {
            self.active.fetch_sub(1, Ordering::SeqCst);
        }
        outcome
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
        while self.active.load(Ordering::SeqCst) > 0 {
            thread::park();
        }
    }
}

struct OnlyTextIsCaught;
impl Steps for OnlyTextIsCaught {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        if let Err(Failure::Panicked(text)) = &outcome {
            assert!(text != "a payload that is not text", "the panic escapes");
        }
        future.finish(outcome);
    }
}

struct PanicAborts;
impl Steps for PanicAborts {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let outcome = run_caught(task);
        if matches!(outcome, Err(Failure::Panicked(_))) {
            std::process::abort();
        }
        outcome
    }
}

#[derive(Default)]
struct GrowsWithEveryReader {
    read: AtomicUsize,
}
impl Steps for GrowsWithEveryReader {
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        self.read.fetch_add(1, Ordering::Relaxed);
        future.result(timeout)
    }
    fn error_weight(&self, _future: &PoolFuture) -> usize {
        1 + self.read.load(Ordering::Relaxed)
    }
}
