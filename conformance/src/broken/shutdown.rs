//! Defects in stopping.

use super::pool::{Job, Phase, Pool, PoolFuture, Steps};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Probe, Raised, Refused, Shutdown, Value, run_caught};
use std::cell::Cell;
use std::sync::{Arc, PoisonError};
use std::thread;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "shutdown-twice-fails",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "The second shutdown is an error.",
            source: "made",
            expected: &["SHUT-001"],
            steps: || Arc::new(TwiceFails),
        },
        Broken {
            name: "shutdown-unused-hangs",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "A waiting shutdown of an executor that was never used waits for a worker to retire.",
            source: "made",
            expected: &["SHUT-001"],
            steps: || Arc::new(UnusedHangs),
        },
        Broken {
            name: "shutdown-releases-one-of-two",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "Of two threads that wait for the shutdown only one is released.",
            source: "rust-threadpool/rust-threadpool#89",
            expected: &["SHUT-001"],
            steps: || Arc::new(ReleasesOneOfTwo),
        },
        Broken {
            name: "shutdown-returns-before-the-last-task",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A waiting shutdown returns when the queue is empty, while the last task still runs.",
            source: "pyiron/executorlib#94, ipython/ipyparallel#612",
            expected: &["SHUT-002"],
            steps: || Arc::new(ReturnsBeforeTheLastTask),
        },
        Broken {
            name: "shutdown-forgets-the-queue",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A waiting shutdown waits for the running tasks only and throws the queue away.",
            source: "rust-threadpool/rust-threadpool#19",
            expected: &["SHUT-002"],
            steps: || Arc::new(ForgetsTheQueue),
        },
        Broken {
            name: "shutdown-wakes-no-idle-worker",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "Shutdown does not wake the idle workers, for which it then waits.",
            source: "made",
            expected: &["SHUT-002", "SHUT-001"],
            steps: || Arc::new(WakesNoIdleWorker),
        },
        Broken {
            name: "shutdown-without-waiting-waits",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A shutdown that was asked not to wait waits.",
            source: "made",
            expected: &["SHUT-003"],
            steps: || Arc::new(WithoutWaitingWaits),
        },
        Broken {
            name: "shutdown-without-waiting-drops-the-queue",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A shutdown that does not wait strands what is queued.",
            source: "CPython 3.7 and 3.8, bpo-39104",
            expected: &["SHUT-003", "PROG-004"],
            steps: || Arc::new(WithoutWaitingDropsTheQueue),
        },
        Broken {
            name: "shutdown-second-does-not-wait",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A waiting shutdown after one that did not wait returns at once.",
            source: "CPython 3.9 to 3.13, ProcessPoolExecutor.shutdown",
            expected: &["SHUT-004"],
            steps: || Arc::new(SecondDoesNotWait),
        },
        Broken {
            name: "shutdown-cancel-ignored",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A shutdown that was asked to cancel runs everything that is queued.",
            source: "made",
            expected: &["SHUT-006"],
            steps: || Arc::new(CancelIgnored),
        },
        Broken {
            name: "shutdown-cancel-leaves-pending",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A shutdown that cancels empties the queue and leaves the futures pending.",
            source: "loky#75",
            expected: &["SHUT-006"],
            steps: || Arc::new(CancelLeavesPending),
        },
        Broken {
            name: "shutdown-cancel-request-comes-too-late",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A request to cancel is ignored when the executor was shut down before.",
            source: "CPython 3.9 to 3.13, ProcessPoolExecutor.shutdown",
            expected: &["SHUT-007"],
            steps: || Arc::new(CancelRequestComesTooLate),
        },
        Broken {
            name: "shutdown-cancel-unannounced",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "Futures that shutdown cancels are marked, but those who wait for several are not told.",
            source: "python/cpython#87893",
            expected: &["SHUT-008"],
            steps: || Arc::new(CancelUnannounced),
        },
        Broken {
            name: "shutdown-inside-a-task-waits-for-itself",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "A task that shuts its executor down waits for itself.",
            source: "tikv/yatp#36",
            expected: &["SHUT-010"],
            steps: || Arc::new(InsideATaskWaitsForItself),
        },
        Broken {
            name: "shutdown-inside-a-callback-waits-for-itself",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "A callback that shuts its executor down waits for the worker that calls it.",
            source: "tikv/yatp#36",
            expected: &["SHUT-032"],
            steps: || Arc::new(InsideACallbackWaitsForItself),
        },
        Broken {
            name: "shutdown-markers-replace-tasks",
            area: Area::Shutdown,
            difficulty: Difficulty::Gates,
            defect: "In a long queue the markers that stop the workers take the places of the last tasks.",
            source: "bpo-12456",
            expected: &["SHUT-015"],
            steps: || Arc::new(MarkersReplaceTasks),
        },
        Broken {
            name: "shutdown-overtakes-submit",
            area: Area::Shutdown,
            difficulty: Difficulty::Schedule,
            defect: "A submit that races with shutdown lands in a queue that nobody looks at any more.",
            source: "tokio-rs/tokio#4834",
            expected: &["SHUT-011"],
            steps: || Arc::new(OvertakesSubmit),
        },
        Broken {
            name: "shutdown-leaves-a-thread",
            area: Area::Shutdown,
            difficulty: Difficulty::Always,
            defect: "A helper thread survives the shutdown.",
            source: "joblib/loky#360, noxdafox/pebble#62",
            expected: &["SHUT-016", "SHUT-002"],
            steps: || Arc::new(LeavesAThread),
        },
    ]
}

struct TwiceFails;
impl Steps for TwiceFails {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        if pool.lock().shut {
            return Err(Raised::new("RuntimeError", "the executor has been shut down already"));
        }
        pool.shutdown(how)
    }
}

struct UnusedHangs;
impl Steps for UnusedHangs {
    fn await_workers(&self, pool: &Pool) {
        let mut line = pool.lock();
        while line.threads.is_empty() {
            line = pool.change.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        drop(line);
        pool.await_workers();
    }
}

struct ReleasesOneOfTwo;
impl Steps for ReleasesOneOfTwo {
    fn retire(&self, pool: &Arc<Pool>) {
        let mut line = pool.lock();
        line.workers.remove(&thread::current().id());
        if self.needs_worker(&line) {
            pool.start_worker(&mut line);
        }
        drop(line);
        pool.change.notify_one();
    }
}

struct ReturnsBeforeTheLastTask;
impl Steps for ReturnsBeforeTheLastTask {
    fn await_workers(&self, pool: &Pool) {
        let mut line = pool.lock();
        while !line.queue.is_empty() {
            line = pool.change.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct ForgetsTheQueue;
impl Steps for ForgetsTheQueue {
    fn await_workers(&self, pool: &Pool) {
        pool.lock().queue.clear();
        pool.await_workers();
    }
}

struct WakesNoIdleWorker;
impl Steps for WakesNoIdleWorker {
    fn close(&self, pool: &Pool) {
        pool.lock().shut = true;
    }
}

struct WithoutWaitingWaits;
impl Steps for WithoutWaitingWaits {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        pool.shutdown(Shutdown { wait: true, ..how })
    }
}

struct WithoutWaitingDropsTheQueue;
impl Steps for WithoutWaitingDropsTheQueue {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        if !how.wait && !how.cancel_futures {
            pool.lock().queue.clear();
        }
        pool.shutdown(how)
    }
}

struct SecondDoesNotWait;
impl Steps for SecondDoesNotWait {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        let wait = how.wait && !pool.lock().shut;
        pool.shutdown(Shutdown { wait, ..how })
    }
}

struct CancelIgnored;
impl Steps for CancelIgnored {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        pool.shutdown(Shutdown { cancel_futures: false, ..how })
    }
}

struct CancelLeavesPending;
impl Steps for CancelLeavesPending {
    fn cancel_stranded(&self, _future: &PoolFuture) {}
}

struct CancelRequestComesTooLate;
impl Steps for CancelRequestComesTooLate {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        let cancel_futures = how.cancel_futures && !pool.lock().shut;
        pool.shutdown(Shutdown { cancel_futures, ..how })
    }
}

struct CancelUnannounced;
impl Steps for CancelUnannounced {
    fn cancel_stranded(&self, future: &PoolFuture) {
        let mut inner = future.lock();
        if matches!(inner.phase, Phase::Pending) {
            inner.phase = Phase::Done(Err(Failure::Cancelled));
        }
        drop(inner);
        future.changed.notify_all();
    }
}

struct InsideATaskWaitsForItself;
impl Steps for InsideATaskWaitsForItself {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        let closed = pool.shutdown(Shutdown { wait: false, ..how });
        if how.wait {
            self.await_workers(pool);
        }
        closed
    }
}

thread_local! {
    /// Whether this thread is running a task.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

struct InsideACallbackWaitsForItself;
impl Steps for InsideACallbackWaitsForItself {
    fn run(&self, task: Probe) -> Outcome<Value> {
        RUNNING.set(true);
        let outcome = run_caught(task);
        RUNNING.set(false);
        outcome
    }
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        if RUNNING.get() {
            return pool.shutdown(how);
        }
        let closed = pool.shutdown(Shutdown { wait: false, ..how });
        if how.wait {
            self.await_workers(pool);
        }
        closed
    }
}

struct MarkersReplaceTasks;
impl Steps for MarkersReplaceTasks {
    fn close(&self, pool: &Pool) {
        let mut line = pool.lock();
        if line.queue.len() > 16 {
            line.queue.pop_back();
        }
        drop(line);
        pool.close();
    }
}

struct OvertakesSubmit;
impl Steps for OvertakesSubmit {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        self.admit(&pool.lock())?;
        thread::yield_now();
        let mut line = pool.lock();
        line.queue.push_back(job);
        if !line.shut && self.needs_worker(&line) {
            pool.start_worker(&mut line);
        }
        drop(line);
        self.alert(pool);
        Ok(())
    }
}

struct LeavesAThread;
impl Steps for LeavesAThread {
    fn opened(&self, _pool: &Arc<Pool>) {
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
    }
}
