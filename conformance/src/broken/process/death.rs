//! Defects in surviving the death of worker processes.

use crate::Area;
use crate::broken::crossing::{BreaksDown, Crossing, Link, Processes, Request, pack};
use crate::broken::pool::{Job, Pool, PoolFuture, Worker};
use crate::broken::{Broken, Difficulty, locked};
use poolproof_harness::{
    Failure, Outcome, Probe, Profile, Raised, Refused, Shutdown, TimedOut, Value, WorkerLossPolicy,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "process-death-strands-its-task",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "The task of a process that dies stays pending.",
            source: "python/cpython#96062, dask/distributed#1110",
            expected: &["PROC-009"],
            steps: || Processes::new(DeathStrands),
        },
        Broken {
            name: "process-death-looks-like-success",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "A task whose process dies is delivered as a task that returned nothing.",
            source: "gevent/gevent#556",
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
            source: "python/cpython#115634",
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
            source: "Parsl/parsl#1704, python/cpython#133222",
            expected: &["SHUT-014", "PROC-009", "SHUT-002"],
            steps: || Processes::new(ShutdownWaitsForTheDead::default()),
        },
        Broken {
            name: "process-death-stops-at-cancelled",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "When a process dies, the tasks that wait behind a cancelled one are never failed.",
            source: "gh-107219",
            expected: &["PROC-011"],
            steps: || Processes::new(DeathStopsAtCancelled::default()),
        },
        Broken {
            name: "process-death-strands-the-queue",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "When a process dies and the pool is broken, the tasks that wait are never failed.",
            source: "made",
            expected: &["PROC-013", "PROC-009"],
            steps: || Processes::new(DeathStrandsTheQueue),
        },
        Broken {
            name: "process-death-stops-large-tasks",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "After a process died, a task that is larger than a pipe is written to it for ever.",
            source: "python/cpython#94777",
            expected: &["PROC-012"],
            steps: || Processes::new(DeathStopsLargeTasks::default()),
        },
        Broken {
            name: "process-left-as-zombie",
            area: Area::Process,
            difficulty: Difficulty::Always,
            defect: "Nobody waits for worker processes that end: they stay as zombies.",
            source: "joblib/loky#360, noxdafox/pebble#62",
            expected: &["PROC-033", "SHUT-016", "SHUT-002"],
            steps: || Processes::new(LeftAsZombie),
        },
        Broken {
            name: "process-death-calls-back-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Fault,
            defect: "The task of a process that died is failed under the lock of submit: a callback that submits hangs.",
            source: "CPython 3.9 to 3.13, shutdown(cancel_futures=True)",
            expected: &["CALL-033"],
            steps: || Processes::new(DeathCallsBackUnderTheLock::default()),
        },
        Broken {
            name: "process-death-shuts-down-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Fault,
            defect: "The task of a process that died is failed under the lock of shutdown: a callback that shuts down hangs.",
            source: "CPython 3.12 and 3.13, death of a worker process",
            expected: &["CALL-036"],
            steps: || Processes::new(DeathShutsDownUnderTheLock::default()),
        },
        Broken {
            name: "process-one-error-for-all-that-are-lost",
            area: Area::Process,
            difficulty: Difficulty::Fault,
            defect: "All tasks that are lost with the pool share one error, and with it what its readers leave there.",
            source: "gh-101267",
            expected: &["PROC-013"],
            steps: || Processes::new(OneErrorForAll::default()),
        },
    ]
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
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
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
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
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
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
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

#[derive(Default)]
struct DeathStopsAtCancelled {
    stopped: AtomicBool,
}
impl Crossing for DeathStopsAtCancelled {
    fn declare(&self, profile: Profile) -> Profile {
        BreaksDown.declare(profile)
    }
    fn replaces_idle(&self) -> bool {
        BreaksDown.replaces_idle()
    }
    fn lost(&self, processes: &Processes, task: &Probe) -> Outcome<Value> {
        BreaksDown.lost(processes, task)
    }
    fn fail_stranded(&self, future: &PoolFuture, reason: &str) {
        self.stopped.fetch_or(future.is_done(), Ordering::SeqCst);
        if !self.stopped.load(Ordering::SeqCst) {
            BreaksDown.fail_stranded(future, reason);
        }
    }
}

struct DeathStrandsTheQueue;
impl Crossing for DeathStrandsTheQueue {
    fn declare(&self, profile: Profile) -> Profile {
        BreaksDown.declare(profile)
    }
    fn replaces_idle(&self) -> bool {
        BreaksDown.replaces_idle()
    }
    fn lost(&self, processes: &Processes, task: &Probe) -> Outcome<Value> {
        BreaksDown.lost(processes, task)
    }
    fn fail_stranded(&self, _future: &PoolFuture, _reason: &str) {}
}

#[derive(Default)]
struct DeathStopsLargeTasks {
    died: AtomicBool,
}
impl Crossing for DeathStopsLargeTasks {
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
        self.died.store(true, Ordering::SeqCst);
        Err(Failure::Broken("its worker process died".into()))
    }
    fn pack(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let packed = pack(request).map_err(Failure::Unserialisable)?;
        while packed.len() > 64 * 1024 && self.died.load(Ordering::SeqCst) {
            thread::park();
        }
        Ok(packed)
    }
}

struct LeftAsZombie;
impl Crossing for LeftAsZombie {
    fn end(&self, link: Link) {
        drop(link);
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

#[derive(Default)]
struct DeathShutsDownUnderTheLock {
    door: Mutex<()>,
}
impl Crossing for DeathShutsDownUnderTheLock {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        drop(locked(&self.door));
        pool.shutdown(how)
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        let _door = matches!(outcome, Err(Failure::Broken(_))).then(|| locked(&self.door));
        future.finish(outcome);
    }
}

/// Counts the readers of the one error.
#[derive(Default)]
struct OneErrorForAll {
    read: AtomicUsize,
}
impl Crossing for OneErrorForAll {
    fn declare(&self, profile: Profile) -> Profile {
        BreaksDown.declare(profile)
    }
    fn replaces_idle(&self) -> bool {
        BreaksDown.replaces_idle()
    }
    fn lost(&self, processes: &Processes, task: &Probe) -> Outcome<Value> {
        BreaksDown.lost(processes, task)
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        self.read.fetch_add(1, Ordering::Relaxed);
        future.result(timeout)
    }
    fn error_weight(&self, _future: &PoolFuture) -> usize {
        1 + self.read.load(Ordering::Relaxed)
    }
}
