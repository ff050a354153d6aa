//! Defects in workers, their initialiser, and tasks that need several of them.

use super::pool::{Job, Line, Pool, PoolFuture, Steps, Worker};
use super::{Broken, Difficulty};
use crate::Area;
use poolproof_harness::{Capability, Config, NestedPolicy, Outcome, Profile, QueuePolicy, Raised, Refused, Value};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "workers-one-too-many",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "One task more than there are workers runs at once.",
            source: "M68",
            expected: &["WORK-001"],
            steps: || Arc::new(OneTooMany),
        },
        Broken {
            name: "workers-without-limit",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "A backlog starts a worker for each task.",
            source: "M68",
            expected: &["WORK-007", "WORK-001"],
            steps: || Arc::new(WithoutLimit),
        },
        Broken {
            name: "workers-only-one-starts",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "Only one worker is ever started.",
            source: "M67",
            expected: &["WORK-002"],
            steps: || Arc::new(OnlyOneStarts),
        },
        Broken {
            name: "workers-not-woken-while-one-is-awake",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "An idle worker is not woken while another one is awake, however long that is busy.",
            source: "M62",
            expected: &["WORK-002"],
            steps: || Arc::new(NotWokenWhileOneIsAwake),
        },
        Broken {
            name: "workers-zero-accepted",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "An executor with zero workers opens, and runs nothing.",
            source: "M69",
            expected: &["WORK-003"],
            steps: || Arc::new(ZeroAccepted),
        },
        Broken {
            name: "workers-zero-means-one",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "Zero workers are taken for one.",
            source: "M69",
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
            source: "B-30",
            expected: &["WORK-006"],
            steps: || Arc::new(IdleOnesNotReused),
        },
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
            source: "M19",
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
            source: "M26",
            expected: &["WORK-010"],
            steps: || Arc::new(FailureStrandsTasks),
        },
        Broken {
            name: "initialiser-failure-still-accepts",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "After an initialiser failed, submit still accepts tasks that never run.",
            source: "M26",
            expected: &["WORK-010"],
            steps: || Arc::new(FailureStillAccepts),
        },
        Broken {
            name: "initialiser-failure-stops-at-cancelled",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "When an initialiser fails, the tasks that wait behind a cancelled one are never failed.",
            source: "B-23",
            expected: &["WORK-011"],
            steps: || Arc::<StopsAtCancelled>::default(),
        },
        Broken {
            name: "initialiser-failure-after-drop-strands",
            area: Area::Workers,
            difficulty: Difficulty::Gates,
            defect: "When an initialiser fails after the executor was dropped, the tasks that wait are never failed.",
            source: "B-24",
            expected: &["WORK-012"],
            steps: || Arc::new(AfterDropStrands),
        },
        Broken {
            name: "initialiser-failure-calls-back-under-the-lock",
            area: Area::Callback,
            difficulty: Difficulty::Gates,
            defect: "Tasks are failed under the lock of the pool when an initialiser fails: a callback that submits hangs.",
            source: "B-14",
            expected: &["CALL-034"],
            steps: || Arc::new(CallsBackUnderTheLock),
        },
        Broken {
            name: "quota-worker-not-replaced",
            area: Area::Workers,
            difficulty: Difficulty::Always,
            defect: "A worker that reached its task quota is not replaced.",
            source: "M61",
            expected: &["WORK-031", "PROC-018"],
            steps: || Arc::new(QuotaWorkerNotReplaced),
        },
        Broken {
            name: "nested-task-waits-for-its-parent",
            area: Area::Nesting,
            difficulty: Difficulty::Gates,
            defect: "A task that a task submits sits in a slot that only the parent's worker looks into, when it is free.",
            source: "M64",
            expected: &["NEST-002"],
            steps: || Arc::new(NestedTaskWaits),
        },
        Broken {
            name: "nested-progress-promised",
            area: Area::Nesting,
            difficulty: Difficulty::Always,
            defect: "The profile promises progress for nested waits on one worker, and they deadlock.",
            source: "M65",
            expected: &["NEST-001"],
            steps: || Arc::new(NestedProgressPromised),
        },
        Broken {
            name: "bound-not-enforced",
            area: Area::Submit,
            difficulty: Difficulty::Gates,
            defect: "The declared bound of the queue is not enforced.",
            source: "M73",
            expected: &["SUB-032"],
            steps: || Arc::new(BoundNotEnforced),
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
        pool.initialiser_failed(reason);
        let mut line = pool.lock();
        line.limit = 0;
        line.broken = None;
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

struct QuotaWorkerNotReplaced;
impl Steps for QuotaWorkerNotReplaced {
    fn goes_on(&self, pool: &Pool, worker: &Worker) -> bool {
        let ends = pool.config.max_tasks_per_worker.is_some_and(|most| worker.ran >= most);
        pool.lock().limit -= usize::from(ends);
        !ends
    }
}

thread_local! {
    /// What the running task submitted.
    static SLOT: RefCell<Vec<Job>> = const { RefCell::new(Vec::new()) };
}

struct NestedTaskWaits;
impl Steps for NestedTaskWaits {
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if pool.is_mine() {
            self.admit(&pool.lock())?;
            SLOT.with_borrow_mut(|slot| slot.push(job));
            return Ok(());
        }
        pool.enqueue(job)
    }
    fn next(&self, pool: &Pool) -> Option<Job> {
        SLOT.with_borrow_mut(Vec::pop).or_else(|| pool.next())
    }
}

struct NestedProgressPromised;
impl Steps for NestedProgressPromised {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { nested: NestedPolicy::Progresses, ..profile }
    }
}

struct BoundNotEnforced;
impl Steps for BoundNotEnforced {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.insert(Capability::Bound, poolproof_harness::Support::Native);
        Profile { queue: QueuePolicy::Refuses(3), ..profile }
    }
}
