//! What the executor and its workers share, and how a task gets in.

use super::config::Config;
use super::queue::Queue;
use super::worker;
use poolproof_harness::{Job, QueuePolicy, Raised, Refused, blocking};
use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Whether tasks are accepted.
pub(super) enum Stage {
    Open,
    Closed,
    Broken(String),
}

pub(super) struct State {
    pub(super) stage: Stage,
    pub(super) queue: Queue,
    /// Workers that were started and have not ended.
    pub(super) alive: usize,
    /// Workers that sleep, including those that were woken and have not run yet.
    pub(super) asleep: usize,
    /// Workers that shut their own executor down and wait for the others.
    pub(super) leaving: usize,
    /// Submitters that wait for room.
    blocked: usize,
    started: usize,
}

pub(super) struct Pool {
    state: Mutex<State>,
    pub(super) work: Condvar,
    pub(super) room: Condvar,
    pub(super) gone: Condvar,
    pub(super) threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) config: Config,
}

thread_local! {
    /// The pool whose worker this thread is, as a bare identity.
    static OWN_POOL: Cell<*const Pool> = const { Cell::new(std::ptr::null()) };
}

impl Pool {
    pub(super) fn new(config: Config) -> Arc<Self> {
        let state = State {
            stage: Stage::Open,
            queue: Queue::new(config.queue),
            alive: 0,
            asleep: 0,
            leaving: 0,
            blocked: 0,
            started: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            room: Condvar::new(),
            gone: Condvar::new(),
            threads: Mutex::default(),
            config,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No foreign code runs under the mutex, so a poisoned one is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the calling thread is a worker of this pool.
    pub(super) fn is_inside(&self) -> bool {
        std::ptr::eq(OWN_POOL.get(), self)
    }

    /// Makes the calling thread a worker of this pool.
    pub(super) fn enter(&self) {
        OWN_POOL.set(self);
    }

    /// Accepts `job`, or drops it.
    pub(super) fn submit(self: &Arc<Self>, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        if self.config.queue == QueuePolicy::Unbounded || !state.queue.is_full() {
            return self.accept(state, job);
        }
        match self.config.queue {
            QueuePolicy::Refuses(_) => {
                let refused = state.stage.refusal().unwrap_or(Refused::Full);
                drop(state);
                Err(refused)
            }
            _ if self.is_inside() => self.accept(state, job),
            _ => {
                drop(state);
                blocking(|| self.accept(self.await_room(), job))
            }
        }
    }

    /// Sleeps until the queue has room or the executor stopped.
    fn await_room(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while matches!(state.stage, Stage::Open) && state.queue.is_full() {
            state.blocked += 1;
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.blocked -= 1;
        }
        state
    }

    /// Puts `job` into the queue if the executor is open. `job` is dropped with the mutex released.
    fn accept(self: &Arc<Self>, mut state: MutexGuard<'_, State>, job: Job) -> Result<(), Refused> {
        if let Some(refused) = state.stage.refusal() {
            drop(state);
            return Err(refused);
        }
        if state.queue.len() >= state.asleep && state.alive < self.config.workers {
            let started = self.start_worker(&mut state);
            // With a worker there, the task is in good hands even if another cannot be started.
            if let Err(error) = started
                && state.alive == 0
            {
                drop(state);
                return Err(Refused::Other(Raised::new("OsError", format!("no worker can be started: {error}"))));
            }
        }
        state.queue.push(job);
        let wake = state.queue.len() <= state.asleep;
        let more_room = state.blocked > 0 && !state.queue.is_full();
        drop(state);
        if wake {
            self.work.notify_one();
        }
        if more_room {
            self.room.notify_one();
        }
        Ok(())
    }

    fn start_worker(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        let name = format!("{}-{}", self.config.name, state.started);
        let pool = Arc::clone(self);
        let thread = std::thread::Builder::new().name(name).spawn(move || worker::run(&pool))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        state.started += 1;
        state.alive += 1;
        Ok(())
    }

    /// The next task for a worker; `None` when there is nothing left to do, ever.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop() {
                let blocked = state.blocked > 0;
                drop(state);
                if blocked {
                    self.room.notify_one();
                }
                return Some(job);
            }
            if !matches!(state.stage, Stage::Open) {
                return None;
            }
            state.asleep += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
    }
}

impl Stage {
    /// Why nothing is accepted, if nothing is.
    fn refusal(&self) -> Option<Refused> {
        match self {
            Self::Open => None,
            Self::Closed => Some(Refused::Shutdown),
            Self::Broken(reason) => Some(Refused::Broken(reason.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::thread::ThreadExecutor;
    use poolproof_harness::{
        Canary, Executor, Future, Gatehouse, Patience, Probe, Shutdown, Step, Value, Work, Workload,
    };
    use std::time::Duration;

    fn work(number: u64) -> Work {
        Work { number, workload: Workload::Empty, turns: 0, port: 0 }
    }

    /// A result may be there before its worker sleeps again.
    fn await_sleeper(executor: &ThreadExecutor) {
        let mut deadline = Patience::at_least(Duration::from_secs(60)).start();
        while executor.pool().lock().asleep == 0 {
            std::thread::park_timeout(deadline.next_slice().expect("an idle worker must sleep") / 100);
        }
    }

    #[test]
    fn no_worker_is_there_before_the_first_task_nor_after_a_waiting_shutdown() {
        let executor = ThreadExecutor::new(4).unwrap();
        assert_eq!(executor.pool().lock().started, 0);
        drop(executor.submit(work(1)).unwrap());
        assert_eq!(executor.pool().lock().started, 1);
        executor.shutdown(Shutdown::WAIT);
        let state = executor.pool().lock();
        assert_eq!((state.alive, state.asleep, state.queue.len()), (0, 0, 0));
        assert!(executor.pool().threads.lock().unwrap().is_empty(), "every thread is joined");
    }

    #[test]
    fn an_idle_worker_is_reused_before_another_is_started() {
        let executor = ThreadExecutor::new(4).unwrap();
        for number in 0..50 {
            assert_eq!(executor.submit(work(number)).unwrap().result(None), Ok(Ok(Work::answer(number))));
            await_sleeper(&executor);
        }
        assert_eq!(executor.pool().lock().started, 1);
    }

    #[test]
    fn a_sleeper_that_was_woken_already_does_not_count_for_the_next_task() {
        for _ in 0..100 {
            let executor = ThreadExecutor::new(2).unwrap();
            let house = Gatehouse::new();
            let gate = house.meeting(2);
            executor.submit(work(1)).unwrap().result(None).unwrap().unwrap();
            await_sleeper(&executor);
            let meeting = [1, 2].map(|label| {
                let steps = vec![Step::Pass(gate.id())];
                let house = house.local_address();
                let probe = Probe { label, house, executor: 0, steps, value: Value::None, canary: Canary::default() };
                executor.submit(probe).unwrap()
            });
            for future in meeting {
                assert_eq!(future.result(Some(Duration::from_secs(60))), Ok(Ok(Value::None)));
            }
        }
    }
}
