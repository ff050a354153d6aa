//! Defects that show only when two features meet: hardly any single scenario finds them, and which
//! generated script does is luck.

use super::crossing::{Crossing, Processes};
use super::pool::{Job, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Failure, Outcome, Probe, Raised, Refused, Shutdown, Value};
use std::cell::Cell;
use std::sync::{Arc, Mutex, Weak};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "combined-failure-behind-a-cancelled-task",
            area: Area::Program,
            difficulty: Difficulty::Schedule,
            defect: "A task that fails right behind a cancelled one ends its worker, which is not replaced.",
            source: "made",
            expected: &["PROG-002"],
            steps: || Arc::new(FailureBehindCancelled),
        },
        Broken {
            name: "combined-second-shutdown-strands-the-queue",
            area: Area::Program,
            difficulty: Difficulty::Schedule,
            defect: "A second shutdown strands what is still queued.",
            source: "made",
            expected: &["SHUT-007", "PROG-004"],
            steps: || Arc::new(SecondShutdownStrands),
        },
        Broken {
            name: "combined-dropped-future-takes-the-next-task",
            area: Area::Program,
            difficulty: Difficulty::Schedule,
            defect: "Dropping the future of a queued task takes the task behind it out of the queue.",
            source: "made",
            expected: &["PROG-006", "PROG-004"],
            steps: || Arc::<DroppedTakesTheNext>::default(),
        },
        Broken {
            name: "combined-death-after-shutdown-strands-the-queue",
            area: Area::Program,
            difficulty: Difficulty::Schedule,
            defect: "When a process dies after the shutdown, what is queued is stranded.",
            source: "made",
            expected: &["PROG-005"],
            steps: || Processes::new(DeathAfterShutdown::default()),
        },
    ]
}

thread_local! {
    /// Whether this worker ends.
    static ENDS: Cell<bool> = const { Cell::new(false) };
}

struct FailureBehindCancelled;
impl Steps for FailureBehindCancelled {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        let behind_cancelled = worker.skipped;
        pool.execute(job, worker);
        ENDS.set(behind_cancelled && worker.failed);
    }
    fn goes_on(&self, pool: &Pool, _worker: &Worker) -> bool {
        pool.lock().limit -= usize::from(ENDS.get());
        !ENDS.get()
    }
}

struct SecondShutdownStrands;
impl Steps for SecondShutdownStrands {
    fn shutdown(&self, pool: &Arc<Pool>, how: Shutdown) -> Result<(), Raised> {
        let mut line = pool.lock();
        if line.shut {
            line.queue.clear();
        }
        drop(line);
        pool.shutdown(how)
    }
}

#[derive(Default)]
struct DroppedTakesTheNext {
    pool: Mutex<Weak<Pool>>,
}
impl Steps for DroppedTakesTheNext {
    fn opened(&self, pool: &Arc<Pool>) {
        *locked(&self.pool) = Arc::downgrade(pool);
    }
    fn drop_future(&self, future: &PoolFuture) {
        let Some(pool) = locked(&self.pool).upgrade() else { return };
        let mut line = pool.lock();
        let is_it = |job: &Job| job.iter().any(|queued| queued.name() == future.name());
        if let Some(position) = line.queue.iter().position(is_it) {
            line.queue.remove(position + 1);
        }
    }
}

#[derive(Default)]
struct DeathAfterShutdown {
    pool: Mutex<Weak<Pool>>,
}
impl Crossing for DeathAfterShutdown {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        *locked(&self.pool) = Arc::downgrade(pool);
        pool.enqueue(job)
    }
    fn lost(&self, _processes: &Processes, _task: &Probe) -> Outcome<Value> {
        if let Some(pool) = locked(&self.pool).upgrade() {
            let mut line = pool.lock();
            if line.shut {
                line.queue.clear();
            }
        }
        Err(Failure::Broken("its worker process died".into()))
    }
}
