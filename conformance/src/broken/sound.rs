//! Sound but unusual executors: they differ from the common pool where the contract lets them.

use super::Sound;
use super::cancel::AnnouncedLate;
use super::crossing::{BreaksDown, Crossing, Processes};
use super::pool::{Board, Job, Line, Mapping, Pool, PoolFuture, Steps, Worker};
use super::workers::StartEarly;
use poolproof_harness::{
    Callback, CancelPolicy, Capability, Config, DropPolicy, Fault, MapOptions, NestedPolicy, Outcome, Probe, Profile,
    QueuePolicy, Raised, Refused, Shutdown, StartOrder, State, Support, TimedOut, Value, WorkerLossPolicy, run_caught,
};
use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

pub(super) const SOUND: &[Sound] = &[
    Sound { name: "plain", summary: "The pool as it is.", steps: || Arc::new(Plain) },
    Sound {
        name: "sluggish",
        summary: "Takes its time before a task starts, before its outcome is there and before a callback.",
        steps: || Arc::new(Sluggish),
    },
    Sound {
        name: "processes-call-back-elsewhere",
        summary: "Each worker drives a process of its own; a thread that does nothing else calls back, a little later.",
        steps: || Processes::new(CallsBackElsewhere::default()),
    },
    Sound { name: "lifo", summary: "Starts the newest task first, and says so.", steps: || Arc::new(Lifo) },
    Sound {
        name: "random-order",
        summary: "Starts queued tasks in random order, and promises none.",
        steps: || Arc::<RandomOrder>::default(),
    },
    Sound {
        name: "thread-per-task",
        summary: "Starts a thread for each task, and says that workers are no limit.",
        steps: || Arc::new(ThreadPerTask),
    },
    Sound { name: "eager-workers", summary: "Starts all workers when it opens.", steps: || Arc::new(StartEarly) },
    Sound {
        name: "retiring-workers",
        summary: "A worker ends after each task, and another one takes its place when there is work.",
        steps: || Arc::new(RetiringWorkers),
    },
    Sound {
        name: "bounded-blocking",
        summary: "Its queue has four places; submit blocks until one is free.",
        steps: || Arc::new(BoundedBlocking),
    },
    Sound {
        name: "bounded-refusing",
        summary: "Its queue has four places; submit refuses when none is free.",
        steps: || Arc::new(BoundedRefusing),
    },
    Sound {
        name: "acknowledged-cancel",
        summary: "A cancelled future counts as done for wait when a worker passed it, and the profile says so.",
        steps: || Arc::<AcknowledgedCancel>::default(),
    },
    Sound {
        name: "waits-on-drop",
        summary: "Dropping it waits for the accepted tasks, and the profile says so.",
        steps: || Arc::new(WaitsOnDrop),
    },
    Sound {
        name: "cancels-on-drop",
        summary: "Dropping it cancels what has not started, and the profile says so.",
        steps: || Arc::new(CancelsOnDrop),
    },
    Sound {
        name: "future-drop-cancels",
        summary: "Dropping a future cancels its task if that has not started, and the profile says so.",
        steps: || Arc::new(FutureDropCancels),
    },
    Sound {
        name: "helping-waiters",
        summary: "A task that waits runs queued tasks meanwhile: nested waits progress.",
        steps: || Arc::<HelpingWaiters>::default(),
    },
    Sound {
        name: "processes",
        summary: "Each worker drives a process of its own, and replaces it when it dies.",
        steps: || Processes::new(ByTheBook),
    },
    Sound {
        name: "processes-break",
        summary: "Each worker drives a process of its own; when one dies the pool is broken, and the profile says so.",
        steps: || Processes::new(BreaksDown),
    },
    Sound {
        name: "processes-break-one-more",
        summary: "As before, with one worker more than was asked for, and the profile says that workers are no limit.",
        steps: || Processes::new(OneMore),
    },
    Sound {
        name: "processes-without-a-queue",
        summary: "Each worker drives a process of its own; submit blocks until one is free, and when one dies the pool is broken.",
        steps: || Processes::new(NoQueue),
    },
    Sound {
        name: "processes-say-nothing",
        summary: "Each worker drives a process of its own, and the profile does not say what becomes of it when it dies.",
        steps: || Processes::new(SaysNothing),
    },
    Sound {
        name: "processes-end-on-drop",
        summary: "Dropping it kills its processes, with what they run, and cancels what has not started, and the profile says so.",
        steps: || Processes::new(EndsOnDrop),
    },
    Sound {
        name: "no-cancel",
        summary: "It offers no cancel, no maps with a limit ahead, and no shutdown that cancels.",
        steps: || Arc::new(NoCancel),
    },
    Sound {
        name: "own-choices",
        summary: "Zero workers are one; a map goes on behind a failing item, ignores its chunksize, and may be over nothing.",
        steps: || Arc::new(OwnChoices),
    },
    Sound {
        name: "no-shutdown",
        summary: "It offers no shutdown: it ends when it is dropped.",
        steps: || Arc::new(NoShutdown),
    },
    Sound {
        name: "spurious-wake-ups",
        summary: "Whatever waits is woken at every occasion, mostly for no reason.",
        steps: || Arc::new(SpuriousWakeUps),
    },
];

struct Plain;
impl Steps for Plain {}

/// Whoever relies on a pool being quick is wrong about this one.
struct Sluggish;
/// Longer than a caller needs for its next call.
const PAUSE: Duration = Duration::from_millis(2);
impl Steps for Sluggish {
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        thread::sleep(PAUSE);
        pool.execute(job, worker);
    }
    fn run(&self, task: Probe) -> Outcome<Value> {
        let outcome = run_caught(task);
        thread::sleep(PAUSE);
        outcome
    }
    fn call_back(&self, callback: Callback) {
        thread::sleep(PAUSE);
        Plain.call_back(callback);
    }
}

struct Lifo;
impl Steps for Lifo {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { start_order: StartOrder::Lifo, ..profile }
    }
    fn pick(&self, queue: &mut VecDeque<Job>) -> Option<Job> {
        queue.pop_back()
    }
}

struct RandomOrder {
    choices: Mutex<fastrand::Rng>,
}
impl Default for RandomOrder {
    fn default() -> Self {
        Self { choices: Mutex::new(fastrand::Rng::with_seed(7)) }
    }
}
impl Steps for RandomOrder {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { start_order: StartOrder::Any, ..profile }
    }
    fn pick(&self, queue: &mut VecDeque<Job>) -> Option<Job> {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        (!queue.is_empty()).then(|| choices.usize(..queue.len())).and_then(|index| queue.remove(index))
    }
}

struct ThreadPerTask;
impl Steps for ThreadPerTask {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_limit: Some(false), start_order: StartOrder::Any, ..profile }
    }
    fn needs_worker(&self, line: &Line) -> bool {
        line.queue.len() > line.idle + line.starting
    }
    fn goes_on(&self, _pool: &Pool, _worker: &Worker) -> bool {
        false
    }
}

/// Some pools have a process of their own to spare.
struct OneMore;
impl Crossing for OneMore {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_limit: Some(false), start_order: StartOrder::Any, ..BreaksDown.declare(profile) }
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        pool.lock().limit = pool.config.workers + 1;
        pool.enqueue(job)
    }
    fn replaces_idle(&self) -> bool {
        BreaksDown.replaces_idle()
    }
    fn lost(&self, processes: &Processes, task: &Probe) -> Outcome<Value> {
        BreaksDown.lost(processes, task)
    }
}

/// Some pools count tasks from submit until they are done, and take no more than they have workers.
struct NoQueue;
impl Crossing for NoQueue {
    fn declare(&self, profile: Profile) -> Profile {
        bounded(BreaksDown.declare(profile), QueuePolicy::Blocks(0))
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        enqueue_in_turn(pool, job, 0)
    }
    fn replaces_idle(&self) -> bool {
        BreaksDown.replaces_idle()
    }
    fn lost(&self, processes: &Processes, task: &Probe) -> Outcome<Value> {
        BreaksDown.lost(processes, task)
    }
}

struct RetiringWorkers;
impl Steps for RetiringWorkers {
    fn goes_on(&self, _pool: &Pool, _worker: &Worker) -> bool {
        false
    }
}

/// How many places the bounded queues have.
const PLACES: usize = 4;

fn bounded(mut profile: Profile, queue: QueuePolicy) -> Profile {
    profile.support.insert(Capability::Bound, Support::Native);
    Profile { queue, ..profile }
}

/// Whether every one of these places is taken and no worker is about to take a task from the queue.
fn is_full(line: &Line, places: usize) -> bool {
    line.queue.len() >= places + line.idle + line.starting + line.limit.saturating_sub(line.alive())
}

/// Puts a job into the line when one of these places is free.
fn enqueue_in_turn(pool: &Arc<Pool>, job: Job, places: usize) -> Result<(), Refused> {
    let mut line = pool.lock();
    while is_full(&line, places) && !line.shut && line.broken.is_none() {
        line = pool.change.wait(line).unwrap_or_else(PoisonError::into_inner);
    }
    drop(line);
    pool.enqueue(job)
}

struct BoundedBlocking;
impl Steps for BoundedBlocking {
    fn declare(&self, profile: Profile) -> Profile {
        bounded(profile, QueuePolicy::Blocks(PLACES))
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        enqueue_in_turn(pool, job, PLACES)
    }
}

struct BoundedRefusing;
impl Steps for BoundedRefusing {
    fn declare(&self, profile: Profile) -> Profile {
        bounded(profile, QueuePolicy::Refuses(PLACES))
    }
    fn admit(&self, line: &Line) -> Result<(), Refused> {
        Plain.admit(line)?;
        if is_full(line, PLACES) { Err(Refused::Full) } else { Ok(()) }
    }
}

#[derive(Default)]
struct AcknowledgedCancel {
    late: AnnouncedLate,
}
impl Steps for AcknowledgedCancel {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { cancel: CancelPolicy::Acknowledged, ..profile }
    }
    fn cancel(&self, future: &PoolFuture) -> bool {
        self.late.cancel(future)
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        self.late.watch(future, board, key);
    }
    fn execute(&self, pool: &Arc<Pool>, job: Job, worker: &mut Worker) {
        self.late.execute(pool, job, worker);
    }
}

struct WaitsOnDrop;
impl Steps for WaitsOnDrop {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_executor: DropPolicy::Waits, ..profile }
    }
    fn release(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown::WAIT);
    }
}

struct CancelsOnDrop;
impl Steps for CancelsOnDrop {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_executor: DropPolicy::Cancels, ..profile }
    }
    fn release(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown { wait: false, cancel_futures: true });
    }
}

#[derive(Default)]
struct HelpingWaiters {
    pool: Mutex<Weak<Pool>>,
}
impl Steps for HelpingWaiters {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { nested: NestedPolicy::Progresses, ..profile }
    }
    fn opened(&self, pool: &Arc<Pool>) {
        *super::locked(&self.pool) = Arc::downgrade(pool);
    }
    fn result(&self, future: &PoolFuture, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let pool = super::locked(&self.pool).upgrade();
        if let Some(pool) = pool.filter(|pool| timeout.is_none() && pool.is_mine()) {
            while !future.is_done() {
                let Some(job) = pool.lock().queue.pop_front() else { break };
                pool.execute(job, &mut Worker::default());
            }
        }
        future.result(timeout)
    }
}

struct ByTheBook;
impl Crossing for ByTheBook {}

struct CallsBackElsewhere {
    callbacks: Mutex<Sender<Vec<Callback>>>,
}
impl Default for CallsBackElsewhere {
    fn default() -> Self {
        let (sender, receiver) = channel::<Vec<Callback>>();
        // It ends with the executor.
        thread::spawn(move || {
            for callback in receiver.into_iter().flatten() {
                thread::sleep(PAUSE);
                Plain.call_back(callback);
            }
        });
        Self { callbacks: Mutex::new(sender) }
    }
}
impl Crossing for CallsBackElsewhere {
    fn call_all_back(&self, _processes: &Processes, callbacks: Vec<Callback>) {
        let _ = super::locked(&self.callbacks).send(callbacks);
    }
}

struct NoCancel;
impl Steps for NoCancel {
    fn declare(&self, mut profile: Profile) -> Profile {
        for capability in [Capability::Cancel, Capability::CancelFutures, Capability::Buffersize] {
            profile.support.remove(&capability);
        }
        Profile { cancel: CancelPolicy::Never, ..profile }
    }
}

struct OwnChoices;
impl Steps for OwnChoices {
    fn declare(&self, mut profile: Profile) -> Profile {
        profile.support.remove(&Capability::Chunksize);
        profile
    }
    fn check(&self, _config: &Config) -> Result<(), Raised> {
        Ok(())
    }
    fn opened(&self, pool: &Arc<Pool>) {
        let mut line = pool.lock();
        line.limit = line.limit.max(1);
    }
    fn begin_map(&self, mapping: &mut Mapping, options: MapOptions) -> Result<(), Fault> {
        mapping.rest.size = 1;
        let ahead = options.buffersize.unwrap_or(usize::MAX);
        while mapping.futures.len() < ahead {
            match mapping.submit_chunk() {
                Ok(true) => {}
                Ok(false) => break,
                Err(refused) => {
                    mapping.cancel_rest();
                    return Err(refused.into());
                }
            }
        }
        Ok(())
    }
    fn next_result(&self, mapping: &mut Mapping) -> Result<Option<Outcome<Value>>, Fault> {
        mapping.started = true;
        let Some(future) = mapping.futures.front().cloned() else { return Ok(None) };
        let left = mapping.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match future.result(left) {
            Ok(outcome) => {
                mapping.futures.pop_front();
                mapping.submit_chunk()?;
                Ok(Some(outcome))
            }
            Err(timed_out) => {
                mapping.cancel_rest();
                Err(timed_out.into())
            }
        }
    }
}

struct SaysNothing;
impl Crossing for SaysNothing {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { worker_loss: WorkerLossPolicy::Undeclared, ..profile }
    }
}

struct EndsOnDrop;
impl Crossing for EndsOnDrop {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_executor: DropPolicy::Cancels, ..profile }
    }
    fn release(&self, processes: &Processes, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown { wait: false, cancel_futures: true });
        processes.kill();
    }
}

struct FutureDropCancels;
impl Steps for FutureDropCancels {
    fn declare(&self, profile: Profile) -> Profile {
        Profile { drop_future: DropPolicy::Cancels, ..profile }
    }
    fn drop_future(&self, future: &PoolFuture) {
        future.cancel();
    }
}

struct NoShutdown;
impl Steps for NoShutdown {
    fn declare(&self, mut profile: Profile) -> Profile {
        for capability in [Capability::Shutdown, Capability::CancelFutures] {
            profile.support.remove(&capability);
        }
        profile
    }
}

struct SpuriousWakeUps;
impl Steps for SpuriousWakeUps {
    fn alert(&self, pool: &Pool) {
        pool.work.notify_all();
        pool.change.notify_all();
    }
    fn state(&self, future: &PoolFuture) -> State {
        future.changed.notify_all();
        future.state()
    }
    fn watch(&self, future: &PoolFuture, board: &Arc<Board>, key: usize) {
        future.changed.notify_all();
        board.changed.notify_all();
        future.watch(board, key);
    }
}
