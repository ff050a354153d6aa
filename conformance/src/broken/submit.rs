//! Defects in accepting tasks.

use super::pool::{Job, Line, Pool, PoolFuture, Steps, no_worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{
    Capability, Outcome, Probe, Profile, QueuePolicy, Raised, Refused, Support, TimedOut, Value, run_caught,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "submit-waits",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "Submit returns only when the task is done.",
            source: "made",
            expected: &["SUB-001", "SUB-031"],
            steps: || Arc::new(SubmitWaits),
        },
        Broken {
            name: "submit-starts-when-asked",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "A task starts only when somebody asks for its result.",
            source: "made",
            expected: &["SUB-001"],
            steps: || Arc::<StartsWhenAsked>::default(),
        },
        Broken {
            name: "submit-needs-a-free-worker",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "Submit hands the task over to a free worker and waits until there is one.",
            source: "made",
            expected: &["SUB-031", "SUB-008"],
            steps: || Arc::new(NeedsAFreeWorker),
        },
        Broken {
            name: "submit-runs-twice",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "Each task runs twice.",
            source: "crossbeam-rs/crossbeam#726",
            expected: &["SUB-002", "PROG-001"],
            steps: || Arc::new(RunsTwice),
        },
        Broken {
            name: "submit-serialises",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "A task that cannot be serialised is refused, although it never leaves the process.",
            source: "made",
            expected: &["SUB-005"],
            steps: || Arc::new(Serialises),
        },
        Broken {
            name: "submit-newest-first",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "The newest task starts first, and the profile says first in, first out.",
            source: "made",
            expected: &["SUB-006"],
            steps: || Arc::new(NewestFirst),
        },
        Broken {
            name: "submit-writes-back-an-old-queue",
            area: Area::Submit,
            difficulty: Difficulty::Schedule,
            defect: "Submit copies the queue, appends to the copy and writes it back: what came meanwhile is lost.",
            source: "made",
            expected: &["SUB-007"],
            steps: || Arc::new(WritesBackAnOldQueue),
        },
        Broken {
            name: "submit-refuses-its-own-tasks",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "Submit is refused when a running task calls it.",
            source: "made",
            expected: &["SUB-008"],
            steps: || Arc::new(RefusesItsOwnTasks),
        },
        Broken {
            name: "submit-loses-its-own-tasks",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "A task that a running task submits is accepted, and never runs.",
            source: "made",
            expected: &["SUB-008"],
            steps: || Arc::new(LosesItsOwnTasks),
        },
        Broken {
            name: "submit-refuses-its-own-tasks-and-runs-them",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "Submit is refused when a running task calls it, but what was submitted runs.",
            source: "made",
            expected: &["SUB-008"],
            steps: || Arc::new(RefusesAndRuns),
        },
        Broken {
            name: "submit-accepts-after-shutdown",
            area: Area::Submit,
            difficulty: Difficulty::Always,
            defect: "After shutdown a task is accepted and dropped.",
            source: "tokio-rs/tokio#7499",
            expected: &["SUB-009"],
            steps: || Arc::new(AcceptsAfterShutdown),
        },
        Broken {
            name: "submit-runs-what-it-refused",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "Submit puts the task into the queue before it looks whether it may.",
            source: "CPython 3.6 to 3.13, submit without a thread to start",
            expected: &["SUB-010", "CALL-012"],
            steps: || Arc::new(RunsWhatItRefused),
        },
        Broken {
            name: "bound-not-enforced",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "The declared bound of the queue is not enforced.",
            source: "rust-threadpool/rust-threadpool#102",
            expected: &["SUB-032"],
            steps: || Arc::new(BoundNotEnforced),
        },
        Broken {
            name: "submit-ghost-when-no-worker-starts",
            area: Area::Submit,
            difficulty: Difficulty::Fault,
            defect: "A submit that fails because no worker can be started leaves its task in the line.",
            source: "CPython, ThreadPoolExecutor.submit",
            expected: &["SUB-033"],
            steps: || Arc::new(GhostWhenNoWorkerStarts),
        },
        Broken {
            name: "submit-interrupted-under-its-lock",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "Submit can be interrupted while it holds the lock that every submit takes.",
            source: "gh-121649",
            expected: &["SUB-034"],
            steps: || Arc::new(InterruptedUnderItsLock),
        },
    ]
}

struct SubmitWaits;
impl Steps for SubmitWaits {
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        let future = pool.submit(task)?;
        let _ = future.result(None);
        Ok(future)
    }
}

#[derive(Default)]
struct StartsWhenAsked {
    pool: Mutex<Weak<Pool>>,
}
impl Steps for StartsWhenAsked {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Arc::downgrade(pool);
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut line = pool.lock();
        self.admit(&line)?;
        line.queue.push_back(job);
        Ok(())
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        if let Some(pool) = locked(&self.pool).upgrade() {
            // A job without tasks starts a worker, which then finds the others.
            let _ = pool.enqueue(Job::new());
        }
        future.result(timeout)
    }
}

struct NeedsAFreeWorker;
impl Steps for NeedsAFreeWorker {
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        let future = pool.submit(task)?;
        let mut line = pool.lock();
        while !line.queue.is_empty() {
            line = pool.change.wait(line).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        Ok(future)
    }
}

struct RunsTwice;
impl Steps for RunsTwice {
    fn run(&self, task: Probe) -> Outcome<Value> {
        let _ = run_caught(task.clone());
        run_caught(task)
    }
}

struct Serialises;
impl Steps for Serialises {
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        if matches!(task.value, Value::Unserialisable(_)) {
            return Err(Refused::Other(Raised::new("PicklingError", "the task cannot be serialised")));
        }
        pool.submit(task)
    }
}

struct NewestFirst;
impl Steps for NewestFirst {
    fn pick(&self, queue: &mut VecDeque<Job>) -> Option<Job> {
        queue.pop_back()
    }
}

struct WritesBackAnOldQueue;
impl Steps for WritesBackAnOldQueue {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut queue = pool.lock().queue.clone();
        thread::yield_now();
        queue.push_back(job);
        let mut line: std::sync::MutexGuard<'_, Line> = pool.lock();
        self.admit(&line)?;
        line.queue = queue;
        if self.needs_worker(&line) {
            pool.start_worker(&mut line);
        }
        drop(line);
        self.alert(pool);
        Ok(())
    }
}

struct RefusesItsOwnTasks;
impl Steps for RefusesItsOwnTasks {
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        if pool.is_mine() {
            return Err(Refused::Other(Raised::new("RuntimeError", "a task cannot submit")));
        }
        pool.submit(task)
    }
}

struct LosesItsOwnTasks;
impl Steps for LosesItsOwnTasks {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if pool.is_mine() { Ok(()) } else { pool.enqueue(job) }
    }
}

struct RefusesAndRuns;
impl Steps for RefusesAndRuns {
    fn submit(&self, pool: &Arc<Pool>, task: Probe) -> Result<Arc<PoolFuture>, Refused> {
        let future = pool.submit(task)?;
        if pool.is_mine() {
            return Err(Refused::Other(Raised::new("RuntimeError", "a task cannot submit")));
        }
        Ok(future)
    }
}

struct AcceptsAfterShutdown;
impl Steps for AcceptsAfterShutdown {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if pool.lock().shut {
            return Ok(());
        }
        pool.enqueue(job)
    }
}

struct RunsWhatItRefused;
impl Steps for RunsWhatItRefused {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut line = pool.lock();
        line.queue.push_back(job);
        self.admit(&line)?;
        if self.needs_worker(&line) {
            pool.start_worker(&mut line);
        }
        drop(line);
        self.alert(pool);
        Ok(())
    }
}

struct BoundNotEnforced;
impl Steps for BoundNotEnforced {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.insert(Capability::Bound, Support::Native);
        Profile { queue: QueuePolicy::Refuses(3), ..profile }
    }
}

struct GhostWhenNoWorkerStarts;
impl Steps for GhostWhenNoWorkerStarts {
    fn cannot_start(&self, _line: &mut Line) -> Result<(), Refused> {
        Err(no_worker())
    }
}

struct InterruptedUnderItsLock;
impl Steps for InterruptedUnderItsLock {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let line = pool.lock();
        pool.interruptible();
        drop(line);
        pool.enqueue(job)
    }
}
