//! Defects in taking tasks back.

use super::pool::{Board, Job, Phase, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Callback, Failure, Outcome, Probe, Refused, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "cancel-lies",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancel answers yes, and the task runs later.",
            source: "vavr-io/vavr#2750, pocoproject/poco#4311",
            expected: &["CANC-001", "PROG-002"],
            steps: || Arc::new(Lies),
        },
        Broken {
            name: "cancel-running-answers-yes",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancel of a running task answers yes while it goes on.",
            source: "tokio-rs/tokio#4853",
            expected: &["CANC-002"],
            steps: || Arc::new(RunningAnswersYes),
        },
        Broken {
            name: "cancel-overwrites-the-result",
            area: Area::Cancel,
            difficulty: Difficulty::Always,
            defect: "Cancel of a finished task answers no and throws its result away.",
            source: "CPython 3.6 and 3.7, bpo-33238",
            expected: &["CANC-002", "FUT-001", "FUT-005"],
            steps: || Arc::new(OverwritesTheResult),
        },
        Broken {
            name: "cancel-second-answers-no",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancelling a cancelled future answers no.",
            source: "made",
            expected: &["CANC-002", "CANC-005"],
            steps: || Arc::new(SecondAnswersNo),
        },
        Broken {
            name: "cancel-second-calls-back-again",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancelling a cancelled future calls its callbacks once more.",
            source: "pythonfutures#86",
            expected: &["CANC-002", "CANC-005", "CALL-001"],
            steps: || Arc::<SecondCallsBackAgain>::default(),
        },
        Broken {
            name: "cancel-wakes-nobody",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Threads that wait for the result are not woken when the task is cancelled.",
            source: "python/cpython#87893, mpi4py/mpi4py#320",
            expected: &["CANC-003"],
            steps: || Arc::new(WakesNobody),
        },
        Broken {
            name: "cancel-looks-before-it-leaps",
            area: Area::Cancel,
            difficulty: Difficulty::Schedule,
            defect: "Cancel looks whether the task has started, and marks the future later, without looking again.",
            source: "made",
            expected: &["CANC-004"],
            steps: || Arc::new(LooksBeforeItLeaps),
        },
        Broken {
            name: "cancel-unannounced",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Those who wait for several futures are not told that one of them was cancelled.",
            source: "python/cpython#92001",
            expected: &["CANC-007", "COMP-012", "WAIT-033"],
            steps: || Arc::new(Unannounced),
        },
        Broken {
            name: "cancel-announced-late",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "A cancelled future counts as done for wait only when a worker passed it, and the profile says at once.",
            source: "python/cpython#92001",
            expected: &["CANC-006"],
            steps: || Arc::<AnnouncedLate>::default(),
        },
        Broken {
            name: "cancel-keeps-the-task",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "What a cancelled task carried is kept until the executor is gone.",
            source: "CPython 3.6 to 3.13, what futures keep",
            expected: &["CANC-008", "MEM-007"],
            steps: || Arc::<KeepsTheTask>::default(),
        },
        Broken {
            name: "cancelled-task-ends-worker",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "A worker that finds a cancelled task in the queue stops for good.",
            source: "python/cpython#107219",
            expected: &["CANC-009", "WORK-002"],
            steps: || Arc::new(EndsWorker),
        },
        Broken {
            name: "cancelled-task-runs-all-the-same",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "A cancelled task is run by the worker that finds it, and its result is thrown away.",
            source: "rohanpm/more-executors#151",
            expected: &["CANC-001", "CANC-004"],
            steps: || Arc::<RunsAllTheSame>::default(),
        },
        Broken {
            name: "cancel-takes-the-neighbour",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancelling a queued task cancels the one behind it, too.",
            source: "made",
            expected: &["CANC-031"],
            steps: || Arc::<TakesTheNeighbour>::default(),
        },
        Broken {
            name: "cancel-panics",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "Cancel of a task that waits in the queue panics.",
            source: "tokio-rs/tokio#3157",
            expected: &["CANC-001"],
            steps: || Arc::new(Panics),
        },
        Broken {
            name: "cancelled-task-counts-as-pending",
            area: Area::Cancel,
            difficulty: Difficulty::Gates,
            defect: "A cancelled task is never taken off the count of pending tasks, for which shutdown waits.",
            source: "python/cpython#94440",
            expected: &["SHUT-013", "SHUT-002"],
            steps: || Arc::<CountsAsPending>::default(),
        },
    ]
}

struct Lies;
impl Steps for Lies {
    fn cancel(&self, future: &PoolFuture) -> bool {
        matches!(future.lock().phase, Phase::Pending)
    }
}

struct RunningAnswersYes;
impl Steps for RunningAnswersYes {
    fn cancel(&self, future: &PoolFuture) -> bool {
        future.state().running || future.cancel()
    }
}

struct OverwritesTheResult;
impl Steps for OverwritesTheResult {
    fn cancel(&self, future: &PoolFuture) -> bool {
        let cancelled = future.cancel();
        if !cancelled && future.is_done() {
            future.lock().phase = Phase::Done(Err(Failure::Cancelled));
        }
        cancelled
    }
}

struct SecondAnswersNo;
impl Steps for SecondAnswersNo {
    fn cancel(&self, future: &PoolFuture) -> bool {
        !future.is_done() && future.cancel()
    }
}

#[derive(Default)]
struct SecondCallsBackAgain {
    called: Mutex<HashMap<usize, Vec<Callback>>>,
}
impl Steps for SecondCallsBackAgain {
    fn call_all_back(&self, future: &PoolFuture, callbacks: Vec<Callback>) {
        locked(&self.called).insert(future.name(), callbacks.clone());
        callbacks.into_iter().for_each(|callback| self.call_back(callback));
    }
    fn cancel(&self, future: &PoolFuture) -> bool {
        if future.state().cancelled {
            let again = locked(&self.called).get(&future.name()).cloned().unwrap_or_default();
            again.into_iter().for_each(|callback| self.call_back(callback));
        }
        future.cancel()
    }
}

struct WakesNobody;
impl Steps for WakesNobody {
    fn wake(&self, future: &PoolFuture, cancelled: bool) {
        if !cancelled {
            future.changed.notify_all();
        }
    }
}

struct LooksBeforeItLeaps;
impl Steps for LooksBeforeItLeaps {
    fn cancel(&self, future: &PoolFuture) -> bool {
        if !matches!(future.lock().phase, Phase::Pending) {
            return future.cancel();
        }
        thread::yield_now();
        future.finish(Err(Failure::Cancelled));
        true
    }
}

struct Unannounced;
impl Steps for Unannounced {
    fn announce(&self, watchers: Vec<(Arc<Board>, usize)>, failed: bool, cancelled: bool) {
        if !cancelled {
            watchers.into_iter().for_each(|(board, key)| board.completed(key, failed));
        }
    }
}

type Watchers = Vec<(Arc<Board>, usize)>;

/// Tells those who wait for several futures of a cancellation when a worker passes the task, as an
/// executor may that declares it.
#[derive(Default)]
pub(super) struct AnnouncedLate {
    waiting: Mutex<HashMap<usize, Watchers>>,
    cancelled: Mutex<Vec<usize>>,
}
impl AnnouncedLate {
    /// Ends holding back what is told of this future; gives those who are to be told.
    fn forget(&self, future: usize) -> Watchers {
        let mut cancelled = locked(&self.cancelled);
        cancelled.retain(|known| *known != future);
        locked(&self.waiting).remove(&future).unwrap_or_default()
    }
}
impl Steps for AnnouncedLate {
    fn cancel(&self, future: &PoolFuture) -> bool {
        let pending = matches!(future.lock().phase, Phase::Pending);
        if pending {
            // Held back before the cancellation can be announced.
            let mut cancelled = locked(&self.cancelled);
            let watchers = std::mem::take(&mut future.lock().watchers);
            locked(&self.waiting).entry(future.name()).or_default().extend(watchers);
            cancelled.push(future.name());
        }
        let taken_back = future.cancel();
        if pending && !taken_back {
            // A worker was faster: there is nothing to announce late.
            let watchers = self.forget(future.name());
            watchers.into_iter().for_each(|(board, key)| future.watch(&board, key));
        }
        taken_back
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        let cancelled = locked(&self.cancelled);
        if cancelled.contains(&future.name()) {
            locked(&self.waiting).entry(future.name()).or_default().push((Arc::clone(board), key));
        } else {
            drop(cancelled);
            future.watch(board, key);
        }
    }
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        let passed: Vec<_> = job.iter().map(|future| future.name()).collect();
        pool.execute(job, worker);
        for future in passed {
            let watchers = self.forget(future);
            watchers.into_iter().for_each(|(board, key)| board.completed(key, false));
        }
    }
}

#[derive(Default)]
struct KeepsTheTask {
    kept: Mutex<Vec<Option<Probe>>>,
}
impl Steps for KeepsTheTask {
    fn cancel(&self, future: &PoolFuture) -> bool {
        if matches!(future.lock().phase, Phase::Pending) {
            let task = future.lock().task.take();
            locked(&self.kept).push(task);
        }
        future.cancel()
    }
}

struct EndsWorker;
impl Steps for EndsWorker {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        pool.lock().limit -= usize::from(worker.skipped);
        !worker.skipped
    }
}

#[derive(Default)]
struct RunsAllTheSame {
    tasks: Mutex<HashMap<usize, Probe>>,
}
impl Steps for RunsAllTheSame {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        for future in &job {
            let task = future.lock().task.clone();
            locked(&self.tasks).extend(task.map(|task| (future.name(), task)));
        }
        pool.enqueue(job)
    }
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        for future in &job {
            let task = locked(&self.tasks).remove(&future.name());
            if let Some(task) = task.filter(|_| future.state().cancelled) {
                let _ = self.run(task);
            }
        }
        pool.execute(job, worker);
    }
}

#[derive(Default)]
struct TakesTheNeighbour {
    pool: Mutex<Weak<Pool>>,
}
impl Steps for TakesTheNeighbour {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Arc::downgrade(pool);
    }
    fn cancel(&self, future: &PoolFuture) -> bool {
        let pool = locked(&self.pool).upgrade();
        let queued: Vec<_> = pool.iter().flat_map(|pool| pool.lock().queue.clone()).flatten().collect();
        let place = queued.iter().position(|queued| std::ptr::eq(&**queued, future));
        if let Some(neighbour) = place.and_then(|place| queued.get(place + 1)) {
            neighbour.cancel();
        }
        future.cancel()
    }
}

struct Panics;
impl Steps for Panics {
    fn cancel(&self, future: &PoolFuture) -> bool {
        assert!(!matches!(future.lock().phase, Phase::Pending), "cancel from outside the pool");
        future.cancel()
    }
}

#[derive(Default)]
struct CountsAsPending {
    pending: AtomicUsize,
}
impl Steps for CountsAsPending {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let count = job.len();
        pool.enqueue(job)?;
        self.pending.fetch_add(count, Ordering::SeqCst);
        Ok(())
    }
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        future.finish(outcome);
        self.pending.fetch_sub(1, Ordering::SeqCst);
    }
    fn await_workers(&self, pool: &Pool) {
        pool.await_workers();
        while self.pending.load(Ordering::SeqCst) > 0 {
            thread::park();
        }
    }
}
