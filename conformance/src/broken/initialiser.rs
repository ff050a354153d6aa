//! Defects in the initialiser of workers.

use super::pool::{Job, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Raised, Refused, Shutdown};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "initialiser-never-runs",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "The initialiser is accepted and never run.",
            source: "made",
            expected: &["WORK-009"],
            steps: || Arc::new(InitialiserNeverRuns),
        },
        Broken {
            name: "initialiser-only-in-the-first-worker",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "Only the first worker runs the initialiser.",
            source: "tikv/tikv#20095",
            expected: &["WORK-009"],
            steps: || Arc::<OnlyInTheFirstWorker>::default(),
        },
        Broken {
            name: "initialiser-before-every-task",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "The initialiser runs before every task.",
            source: "made",
            expected: &["WORK-009"],
            steps: || Arc::new(BeforeEveryTask),
        },
        Broken {
            name: "initialiser-after-the-first-task",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "The initialiser runs after the first task of its worker.",
            source: "made",
            expected: &["WORK-009"],
            steps: || Arc::new(AfterTheFirstTask),
        },
        Broken {
            name: "initialiser-failure-ignored",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "A worker whose initialiser failed runs tasks all the same.",
            source: "made",
            expected: &["WORK-010"],
            steps: || Arc::new(FailureIgnored),
        },
        Broken {
            name: "initialiser-failure-strands-tasks",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "When an initialiser fails its worker ends, and nobody fails the tasks that wait.",
            source: "Parsl/parsl#1035, gevent/gevent#2207",
            expected: &["WORK-010"],
            steps: || Arc::new(FailureStrandsTasks),
        },
        Broken {
            name: "initialiser-failure-still-accepts",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "After an initialiser failed, submit still accepts tasks that never run.",
            source: "Parsl/parsl#1035, gevent/gevent#2207",
            expected: &["WORK-010"],
            steps: || Arc::new(FailureStillAccepts),
        },
        Broken {
            name: "initialiser-failure-fails-tasks-one-by-one",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "After an initialiser failed, submit still accepts tasks, each of which is lost at once.",
            source: "made",
            expected: &["WORK-010"],
            steps: || Arc::<FailsTasksOneByOne>::default(),
        },
        Broken {
            name: "initialiser-failure-stops-at-cancelled",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "When an initialiser fails, the tasks that wait behind a cancelled one are never failed.",
            source: "python/cpython#107219",
            expected: &["WORK-011"],
            steps: || Arc::<StopsAtCancelled>::default(),
        },
        Broken {
            name: "initialiser-failure-after-drop-strands",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "When an initialiser fails after the executor was dropped, the tasks that wait are never failed.",
            source: "CPython 3.7 to 3.13, failing initializer",
            expected: &["WORK-012"],
            steps: || Arc::new(AfterDropStrands),
        },
        Broken {
            name: "initialiser-failure-calls-back-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Tasks are failed under the lock of the pool when an initialiser fails: a callback that submits hangs.",
            source: "CPython 3.9 to 3.13, shutdown(cancel_futures=True)",
            expected: &["CALL-034"],
            steps: || Arc::new(CallsBackUnderTheLock),
        },
        Broken {
            name: "initialiser-failure-shuts-down-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Tasks are failed under the lock of shutdown when an initialiser fails: a callback that shuts down hangs.",
            source: "CPython 3.7 to 3.13, failing initializer",
            expected: &["CALL-037"],
            steps: || Arc::<ShutsDownUnderTheLock>::default(),
        },
    ]
}

struct InitialiserNeverRuns;
impl Steps for InitialiserNeverRuns {
    fn initialise(&self, _pool: &Pool) -> Result<(), Raised> {
        Ok(())
    }
}

#[derive(Default)]
struct OnlyInTheFirstWorker {
    ran: AtomicBool,
}
impl Steps for OnlyInTheFirstWorker {
    fn initialise(&self, pool: &Pool) -> Result<(), Raised> {
        if self.ran.swap(true, Ordering::SeqCst) { Ok(()) } else { pool.initialise() }
    }
}

struct BeforeEveryTask;
impl Steps for BeforeEveryTask {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        if worker.ran > 0 {
            let _ = pool.initialise();
        }
        pool.execute(job, worker);
    }
}

struct AfterTheFirstTask;
impl Steps for AfterTheFirstTask {
    fn initialise(&self, _pool: &Pool) -> Result<(), Raised> {
        Ok(())
    }
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        pool.execute(job, worker);
        if worker.ran == 0
            && let Err(raised) = pool.initialise()
        {
            pool.initialiser_failed(&raised.to_string());
        }
    }
}

struct FailureIgnored;
impl Steps for FailureIgnored {
    fn initialise(&self, pool: &Pool) -> Result<(), Raised> {
        let _ = pool.initialise();
        Ok(())
    }
}

struct FailureStrandsTasks;
impl Steps for FailureStrandsTasks {
    fn initialiser_failed(&self, pool: &Pool, _reason: &str) {
        // Nobody starts another worker that would fail in the same way.
        pool.lock().limit = 0;
    }
}

struct FailureStillAccepts;
impl Steps for FailureStillAccepts {
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        let mut line = pool.lock();
        line.limit = 0;
        let stranded = std::mem::take(&mut line.queue);
        drop(line);
        for future in stranded.into_iter().flatten() {
            self.fail_stranded(&future, reason);
        }
    }
}

#[derive(Default)]
struct FailsTasksOneByOne {
    failed: AtomicBool,
}
impl Steps for FailsTasksOneByOne {
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        self.failed.store(true, Ordering::SeqCst);
        FailureStillAccepts.initialiser_failed(pool, reason);
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if !self.failed.load(Ordering::SeqCst) {
            return pool.enqueue(job);
        }
        job.iter().for_each(|future| self.fail_stranded(future, "an initialiser failed"));
        Ok(())
    }
}

#[derive(Default)]
struct StopsAtCancelled {
    stopped: AtomicBool,
}
impl Steps for StopsAtCancelled {
    fn fail_stranded(&self, future: &PoolFuture, reason: &str) {
        self.stopped.fetch_or(future.is_done(), Ordering::SeqCst);
        if !self.stopped.load(Ordering::SeqCst) {
            future.finish(Err(poolproof_harness::Failure::Broken(reason.to_owned())));
        }
    }
}

struct AfterDropStrands;
impl Steps for AfterDropStrands {
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        if pool.lock().shut {
            pool.lock().queue.clear();
        }
        pool.initialiser_failed(reason);
    }
}

struct CallsBackUnderTheLock;
impl Steps for CallsBackUnderTheLock {
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        let mut line = pool.lock();
        line.broken = Some(reason.to_owned());
        for future in std::mem::take(&mut line.queue).into_iter().flatten() {
            self.fail_stranded(&future, reason);
        }
        drop(line);
        pool.work.notify_all();
    }
}

#[derive(Default)]
struct ShutsDownUnderTheLock(Mutex<()>);
impl Steps for ShutsDownUnderTheLock {
    fn initialiser_failed(&self, pool: &Pool, reason: &str) {
        let _door = locked(&self.0);
        pool.initialiser_failed(reason);
    }
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        drop(locked(&self.0));
        pool.shutdown(how)
    }
}
