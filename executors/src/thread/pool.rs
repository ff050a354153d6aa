//! What the executor and its workers share, and how a task gets in.

use super::config::Config;
use super::idle::Idle;
use super::inlet::Inlet;
use super::local::Local;
use super::queue::Queue;
use super::sync::{
    Arc, AtomicBool, AtomicUsize, Builder, Condvar, JoinHandle, Mutex, MutexGuard, Ordering, fence, thread_local,
};
use super::worker;
use poolproof_harness::{ExecutorId, Failure, Job, QueuePolicy, Raised, Refused, blocking};
use std::cell::Cell;
use std::sync::{PoisonError, Weak};

/// Whether tasks are accepted.
pub(super) enum Stage {
    Open,
    Closed,
    Broken(String),
}

/// A map that is under way, whatever its items are.
pub(super) trait Map: Send + Sync {
    /// What has not started never will, and has `failure` as its outcome.
    fn end(&self, failure: &Failure);
}

pub(super) struct State {
    pub(super) stage: Stage,
    /// Those that are under way, and some that have ended.
    maps: Vec<Weak<dyn Map>>,
    pub(super) queue: Queue,
    pub(super) idle: Idle,
    /// Workers that were started and have not ended.
    pub(super) alive: usize,
    /// Workers that shut their own executor down and wait for the others.
    pub(super) leaving: usize,
    /// Submitters that wait for room.
    pub(super) blocked: usize,
    pub(super) started: usize,
}

/// How many settled jobs are let go with one push to a worker's own queue. More than one, or they pile up.
const SWEPT: usize = 4;

/// What workers write for each task. It has cache lines of its own: submitters read what would be beside it.
#[repr(align(128))]
struct Shared {
    state: Mutex<State>,
    /// The length of the shared queue, for those who have not locked it.
    queued: AtomicUsize,
}

pub(super) struct Pool {
    /// Where an executor without a bound accepts what comes from outside.
    inbox: Inlet,
    /// Whether somebody who has filled an inlet should look for help, see [`Pool::note`].
    pub(super) wanting: AtomicBool,
    /// Whether there has been a worker: whoever is the first to submit learns if none can be started.
    staffed: AtomicBool,
    shared: Shared,
    /// One for each worker there can be, by its number.
    pub(super) locals: Box<[Local]>,
    pub(super) room: Condvar,
    pub(super) gone: Condvar,
    pub(super) threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) config: Config,
    pub(super) id: ExecutorId,
}

thread_local! {
    /// The pool whose worker this thread is, as a bare identity, and the worker's number.
    static OWN: Cell<(*const Pool, usize)> = const { Cell::new((std::ptr::null(), 0)) };
}

impl Pool {
    pub(super) fn new(config: Config) -> Arc<Self> {
        let state = State {
            stage: Stage::Open,
            maps: Vec::new(),
            queue: Queue::new(config.queue),
            idle: Idle::default(),
            alive: 0,
            leaving: 0,
            blocked: 0,
            started: 0,
        };
        Arc::new(Self {
            inbox: Inlet::new(),
            wanting: AtomicBool::new(true),
            staffed: AtomicBool::new(false),
            shared: Shared { state: Mutex::new(state), queued: AtomicUsize::new(0) },
            locals: (0..config.workers).map(|_| Local::new()).collect(),
            room: Condvar::new(),
            gone: Condvar::new(),
            threads: Mutex::new(Vec::new()),
            config,
            id: ExecutorId::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No foreign code runs under the mutex, so a poisoned one is consistent.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the calling thread, if it is a worker of this pool.
    pub(super) fn own_number(&self) -> Option<usize> {
        let (pool, number) = OWN.with(Cell::get);
        std::ptr::eq(pool, self).then_some(number)
    }

    /// Makes the calling thread worker `number` of this pool.
    pub(super) fn enter(&self, number: usize) {
        OWN.with(|own| own.set((self, number)));
        self.id.enter();
    }

    /// Accepts `job`, or drops it.
    pub(super) fn submit(self: &Arc<Self>, job: Job) -> Result<(), Refused> {
        if self.config.queue != QueuePolicy::Unbounded {
            return self.submit_bounded(job);
        }
        match self.own_number() {
            // Behind what was submitted before.
            Some(number) if !self.seems_queued() => self.push_into::<SWEPT>(&self.locals[number].own, job),
            _ if self.staffed.load(Ordering::Relaxed) => self.push_into::<0>(&self.inbox, job),
            _ => self.accept(self.lock(), job),
        }
    }

    /// Puts `job` into an inlet, without the pool's mutex unless somebody is to be woken or started.
    fn push_into<const SWEPT: usize>(self: &Arc<Self>, inlet: &Inlet, job: Job) -> Result<(), Refused> {
        if let Err(job) = inlet.push::<SWEPT>(job) {
            // With no lock held: what it carries is foreign.
            drop(job);
            return Err(self.lock().stage.refusal().unwrap_or(Refused::Shutdown));
        }
        // The length was written before, and whoever goes to sleep reads it after the fence of `note`.
        fence(Ordering::SeqCst);
        if self.wanting.load(Ordering::Relaxed) {
            self.find_help();
        }
        Ok(())
    }

    fn submit_bounded(self: &Arc<Self>, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        if self.own_number().is_some() || !state.queue.is_full() {
            return self.accept(state, job);
        }
        if let QueuePolicy::Refuses(_) = self.config.queue {
            let refused = state.stage.refusal().unwrap_or(Refused::Full);
            drop(state);
            return Err(refused);
        }
        drop(state);
        blocking(|| self.accept(self.await_room(), job))
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

    /// Puts `job` into the shared queue if the executor is open. `job` is dropped with the mutex released.
    fn accept(self: &Arc<Self>, mut state: MutexGuard<'_, State>, job: Job) -> Result<(), Refused> {
        if let Some(refused) = state.stage.refusal() {
            drop(state);
            return Err(refused);
        }
        if state.alive < self.config.workers && self.waiting(&state) >= state.idle.count() {
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
        self.shared.queued.store(state.queue.len(), Ordering::Relaxed);
        let woken = state.idle.wake_one();
        if woken.is_some() {
            self.note(&state);
        }
        let more_room = state.blocked > 0 && !state.queue.is_full();
        drop(state);
        if let Some(number) = woken {
            self.locals[number].wake();
        }
        if more_room {
            self.room.notify_one();
        }
        Ok(())
    }

    /// Something was put into an inlet, and there may be somebody to help.
    fn find_help(self: &Arc<Self>) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Open)
            && state.alive < self.config.workers
            && self.waiting(&state) > state.idle.count()
        {
            // The pushing worker runs the task itself if no other can be started.
            let _ = self.start_worker(&mut state);
        }
        let woken = state.idle.wake_one();
        self.note(&state);
        drop(state);
        if let Some(number) = woken {
            self.locals[number].wake();
        }
    }

    /// Wakes a sleeper for each task that waits, now and not one after the other: for who goes on to use a core, on
    /// which the first one that is woken may have to wait.
    pub(super) fn wake_for_each(&self) {
        let mut state = self.lock();
        let waiting = self.waiting(&state);
        let woken = state.idle.wake_until(waiting);
        if !woken.is_empty() {
            self.note(&state);
        }
        drop(state);
        woken.into_iter().for_each(|number| self.locals[number].wake());
    }

    /// How many tasks wait in all queues.
    fn waiting(&self, state: &State) -> usize {
        state.queue.len() + self.inlets().map(Inlet::len).sum::<usize>()
    }

    /// Everything that is filled without the mutex.
    pub(super) fn inlets(&self) -> impl Iterator<Item = &Inlet> {
        std::iter::once(&self.inbox).chain(self.locals.iter().map(|local| &local.own))
    }

    fn start_worker(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        let number = state.started;
        let name = format!("{}-{number}", self.config.name);
        let pool = Arc::clone(self);
        let thread = Builder::new().name(name).spawn(move || worker::run(&pool, number))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        state.started += 1;
        state.alive += 1;
        self.staffed.store(true, Ordering::Relaxed);
        self.note(state);
        Ok(())
    }

    /// Writes down for those without the lock whether a worker could be woken or started.
    ///
    /// Who changes that to `true` must look into the inlets afterwards.
    pub(super) fn note(&self, state: &State) {
        let startable = state.alive < self.config.workers && matches!(state.stage, Stage::Open);
        let wanting = startable || state.idle.could_wake();
        if self.wanting.load(Ordering::Relaxed) != wanting {
            self.wanting.store(wanting, Ordering::Relaxed);
            // Pairs with that of `push_into`.
            fence(Ordering::SeqCst);
        }
    }

    /// Takes the oldest task out of the shared queue, which takes over what waits in the inbox.
    pub(super) fn pop(&self, state: &mut State) -> Option<Job> {
        state.queue.refill(&self.inbox);
        let job = state.queue.pop()?;
        self.shared.queued.store(state.queue.len(), Ordering::Relaxed);
        Some(job)
    }

    /// Whether tasks are accepted now.
    pub(super) fn accepts(&self) -> Result<(), Refused> {
        self.lock().stage.refusal().map_or(Ok(()), Err)
    }

    /// Makes `map` known, so that it ends when everything that has not started does.
    pub(super) fn begin(&self, map: &Arc<dyn Map>) -> Result<(), Refused> {
        let mut state = self.lock();
        if let Some(refused) = state.stage.refusal() {
            return Err(refused);
        }
        state.maps.retain(|map| map.strong_count() > 0);
        state.maps.push(Arc::downgrade(map));
        Ok(())
    }

    /// Takes everything out of every queue; nothing gets into the workers' own ones any more.
    pub(super) fn take_all(&self, state: &mut State) -> Taken {
        let mut taken: Vec<Job> = state.queue.take_all().into();
        self.shared.queued.store(0, Ordering::Relaxed);
        taken.extend(self.inlets().flat_map(Inlet::close_and_take));
        let maps = std::mem::take(&mut state.maps);
        Taken { jobs: taken, maps: maps.iter().filter_map(Weak::upgrade).collect() }
    }

    /// Whether the shared queue or the inbox has something, as far as one sees without a lock.
    pub(super) fn seems_queued(&self) -> bool {
        self.shared.queued.load(Ordering::Relaxed) > 0 || self.inbox.len() > 0
    }
}

/// What had not started when everything was stopped.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) jobs: Vec<Job>,
    pub(super) maps: Vec<Arc<dyn Map>>,
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
