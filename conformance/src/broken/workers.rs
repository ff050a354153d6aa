//! Defects in how many workers there are.

use super::pool::{Job, Line, Pool, PoolFuture, Steps, Worker, needs_worker};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{Config, Outcome, Profile, Raised, Refused, Value, WorkerStart};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "workers-one-too-many",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "One task more than there are workers runs at once.",
            source: "reconbot/streaming-iterables#58, joblib/loky#374",
            expected: &["WORK-001"],
            steps: || Arc::new(OneTooMany),
        },
        Broken {
            name: "workers-without-limit",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "A backlog starts a worker for each task.",
            source: "reconbot/streaming-iterables#58, joblib/loky#374",
            expected: &["WORK-007", "WORK-001"],
            steps: || Arc::new(WithoutLimit),
        },
        Broken {
            name: "workers-only-one-starts",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "Only one worker is ever started.",
            source: "async-rs/async-std#475",
            expected: &["WORK-002"],
            steps: || Arc::new(OnlyOneStarts),
        },
        Broken {
            name: "workers-not-woken-while-one-is-awake",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "An idle worker is not woken while another one is awake, however long that is busy.",
            source: "tokio-rs/tokio#525, compio-rs/compio#948",
            expected: &["WORK-002"],
            steps: || Arc::new(NotWokenWhileOneIsAwake),
        },
        Broken {
            name: "workers-zero-accepted",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "An executor with zero workers opens, and runs nothing.",
            source: "tokio-rs/tokio#400, rust-lang/futures-rs#2348",
            expected: &["WORK-003"],
            steps: || Arc::new(ZeroAccepted),
        },
        Broken {
            name: "workers-zero-means-one",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "Zero workers are taken for one.",
            source: "tokio-rs/tokio#400, rust-lang/futures-rs#2348",
            expected: &["WORK-032"],
            steps: || Arc::new(ZeroMeansOne),
        },
        Broken {
            name: "workers-idle-count-drifts",
            area: Area::Workers,
            difficulty: Difficulty::Schedule,
            defect: "A worker counts itself idle twice: when its task is done, and when it finds the queue empty.",
            source: "gh-88354",
            expected: &["WORK-033"],
            steps: || Arc::<IdleCountDrifts>::default(),
        },
        Broken {
            name: "workers-start-early",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "All workers start when the executor opens.",
            source: "made",
            expected: &["WORK-005"],
            steps: || Arc::new(StartEarly),
        },
        Broken {
            name: "workers-idle-ones-not-reused",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "A new worker is started although an idle one waits.",
            source: "CPython 3.6 and 3.7, bpo-24882",
            expected: &["WORK-006"],
            steps: || Arc::new(IdleOnesNotReused),
        },
        Broken {
            name: "workers-all-start-with-the-first-task",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "The first submit starts every worker, although the profile says that they start as needed.",
            source: "CPython 3.7 and 3.8, bpo-39207",
            expected: &["WORK-006"],
            steps: || Arc::new(AllWithTheFirstTask),
        },
        Broken {
            name: "quota-worker-not-replaced-after-shutdown",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "A worker that reached its task quota is not replaced once the executor was shut down.",
            source: "gh-119592",
            expected: &["PROC-019"],
            steps: || Arc::new(NotReplacedAfterShutdown),
        },
        Broken {
            name: "quota-worker-not-replaced",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "A worker that reached its task quota is not replaced.",
            source: "python/cpython#115634",
            expected: &["WORK-031", "PROC-018"],
            steps: || Arc::new(QuotaWorkerNotReplaced),
        },
    ]
}

struct OneTooMany;
impl Steps for OneTooMany {
    fn needs_worker(&self, line: &Line) -> bool {
        line.queue.len() > line.idle + line.starting && line.alive() <= line.limit
    }
}

struct WithoutLimit;
impl Steps for WithoutLimit {
    fn needs_worker(&self, line: &Line) -> bool {
        line.queue.len() > line.idle + line.starting
    }
}

struct OnlyOneStarts;
impl Steps for OnlyOneStarts {
    fn needs_worker(&self, line: &Line) -> bool {
        !line.queue.is_empty() && line.alive() == 0 && line.limit > 0
    }
}

struct NotWokenWhileOneIsAwake;
impl Steps for NotWokenWhileOneIsAwake {
    fn alert(&self, pool: &Pool) {
        let line = pool.lock();
        if line.idle == line.alive() {
            pool.work.notify_one();
        }
    }
}

struct ZeroAccepted;
impl Steps for ZeroAccepted {
    fn check(&self, _config: &Config) -> Result<(), Raised> {
        Ok(())
    }
}

struct ZeroMeansOne;
impl Steps for ZeroMeansOne {
    fn check(&self, _config: &Config) -> Result<(), Raised> {
        Ok(())
    }
    fn opened(&self, pool: &Arc<Pool>) {
        let mut line = pool.lock();
        line.limit = line.limit.max(1);
    }
}

#[derive(Default)]
struct IdleCountDrifts {
    idle: AtomicUsize,
}
impl Steps for IdleCountDrifts {
    fn finish(&self, future: &PoolFuture, outcome: Outcome<Value>) {
        self.idle.fetch_add(1, Ordering::SeqCst);
        future.finish(outcome);
    }
    fn next(&self, pool: &Pool) -> Option<Job> {
        if let Some(job) = self.pick(&mut pool.lock().queue) {
            return Some(job);
        }
        self.idle.fetch_add(1, Ordering::SeqCst);
        pool.next()
    }
    fn needs_worker(&self, line: &Line) -> bool {
        let one_less = |idle: usize| idle.checked_sub(1);
        let idle = self.idle.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
        !idle && !line.queue.is_empty() && line.alive() < line.limit
    }
}

pub(super) struct StartEarly;
impl Steps for StartEarly {
    fn opened(&self, pool: &Arc<Pool>) {
        let mut line = pool.lock();
        while line.alive() < line.limit {
            pool.start_worker(&mut line);
        }
    }
}

struct IdleOnesNotReused;
impl Steps for IdleOnesNotReused {
    fn needs_worker(&self, line: &Line) -> bool {
        !line.queue.is_empty() && line.alive() < line.limit
    }
}

struct AllWithTheFirstTask;
impl Steps for AllWithTheFirstTask {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_start: WorkerStart::AsNeeded, ..profile }
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        let mut line = pool.lock();
        self.admit(&line)?;
        line.queue.push_back(job);
        while line.alive() < line.limit {
            pool.start_worker(&mut line);
        }
        drop(line);
        self.alert(pool);
        Ok(())
    }
}

struct NotReplacedAfterShutdown;
impl Steps for NotReplacedAfterShutdown {
    fn needs_worker(&self, line: &Line) -> bool {
        !line.shut && needs_worker(line)
    }
}

struct QuotaWorkerNotReplaced;
impl Steps for QuotaWorkerNotReplaced {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        let ends = pool.config.max_tasks_per_worker.is_some_and(|most| worker.ran >= most);
        pool.lock().limit -= usize::from(ends);
        !ends
    }
}
