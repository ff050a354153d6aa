//! What an executor and its links share: the queue, its state, and who waits for what.

use super::link;
use super::parcel::Parcel;
use poolproof_harness::{Callbacks, Failure, Patience, Raised, Refused, Shutdown};
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What every worker of an executor is started with.
#[derive(Debug)]
pub(super) struct Setup {
    /// How many workers there may be.
    pub(super) workers: usize,
    /// The request that runs the initialiser.
    pub(super) initialiser: Option<Vec<u8>>,
    /// A worker is replaced when it has run this many tasks.
    pub(super) max_tasks_per_worker: Option<u64>,
    /// For the hello of a new worker.
    pub(super) patience: Patience,
}

enum Phase {
    /// Accepts tasks.
    Open,
    /// Shut down: what is in the queue still runs.
    Closed,
    /// Nothing more runs, for this reason.
    Broken(String),
}

struct State {
    phase: Phase,
    queue: VecDeque<Parcel>,
    /// Links that have begun and not ended.
    links: usize,
    /// Links that will look into the queue before they sleep: what is queued is theirs first.
    available: usize,
    threads: Vec<JoinHandle<()>>,
}

impl State {
    fn admits(&self) -> Result<(), Refused> {
        match &self.phase {
            Phase::Open => Ok(()),
            Phase::Closed => Err(Refused::Shutdown),
            Phase::Broken(reason) => Err(Refused::Broken(reason.clone())),
        }
    }
}

/// The part of an executor that its links hold as well.
pub(super) struct Shared {
    pub(super) setup: Setup,
    state: Mutex<State>,
    /// Links wait here for a longer queue or another phase.
    work: Condvar,
    /// `shutdown` waits here for the end of the last link.
    ended: Condvar,
    /// Held while threads are joined, so that everybody who waits returns after that.
    joining: Mutex<()>,
    /// Parcels that went to a worker and came back answered.
    pub(super) round_trips: AtomicU64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = relock(&self.state);
        f.debug_struct("Shared").field("queue", &state.queue.len()).field("links", &state.links).finish_non_exhaustive()
    }
}

thread_local! {
    /// The executor whose link this thread is.
    static LINK_OF: Cell<*const Shared> = const { Cell::new(std::ptr::null()) };
}

fn relock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of users runs under these mutexes, so a poisoned one still holds a consistent state.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(setup: Setup) -> Arc<Self> {
        let state = State { phase: Phase::Open, queue: VecDeque::new(), links: 0, available: 0, threads: Vec::new() };
        Arc::new(Self {
            setup,
            state: Mutex::new(state),
            work: Condvar::new(),
            ended: Condvar::new(),
            joining: Mutex::new(()),
            round_trips: AtomicU64::new(0),
        })
    }

    /// Whether a task would be accepted now.
    pub(super) fn admits(&self) -> Result<(), Refused> {
        relock(&self.state).admits()
    }

    /// Accepts a parcel, and sees to it that somebody takes it.
    pub(super) fn push(self: &Arc<Self>, parcel: Parcel) -> Result<(), Refused> {
        let mut state = relock(&self.state);
        if let Err(refused) = state.admits() {
            drop(state);
            return Err(refused);
        }
        state.queue.push_back(parcel);
        if let Err(error) = self.staff(&mut state) {
            // Nobody is there to take it. A refused task must not run later.
            let parcel = state.queue.pop_back();
            drop(state);
            drop(parcel);
            return Err(Refused::Other(Raised::new("OsError", format!("no link to a worker can be started: {error}"))));
        }
        Ok(())
    }

    /// Wakes an available link, or starts one more if those that are available have enough to do.
    ///
    /// An error means that there is no link at all.
    fn staff(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        if state.queue.len() <= state.available || state.links == self.setup.workers {
            self.work.notify_one();
            return Ok(());
        }
        match link::start(Arc::clone(self)) {
            Ok(thread) => {
                state.threads.push(thread);
                state.links += 1;
                state.available += 1;
                Ok(())
            }
            Err(error) if state.links == 0 => Err(error),
            // The links that are there do its work; the next submit tries again.
            Err(_) => Ok(()),
        }
    }

    /// Called by an available link: sleeps until there is work, `true`, or the link must end.
    pub(super) fn await_work(&self) -> bool {
        let mut passed = Vec::new();
        let mut state = relock(&self.state);
        let found = loop {
            while state.queue.front().is_some_and(|parcel| parcel.receipt.is_cancelled()) {
                passed.extend(state.queue.pop_front());
            }
            match state.phase {
                Phase::Broken(_) => break false,
                Phase::Open | Phase::Closed if !state.queue.is_empty() => break true,
                Phase::Closed => break false,
                Phase::Open => {}
            }
            if passed.is_empty() {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(state);
                passed.clear();
                state = relock(&self.state);
            }
        };
        state.available -= usize::from(!found);
        drop(state);
        found
    }

    /// Called by an available link with a worker: takes the next task that was not cancelled; it
    /// is running from then on, and the link is not available.
    pub(super) fn take(&self) -> Option<Parcel> {
        let mut passed = Vec::new();
        let mut state = relock(&self.state);
        let taken = loop {
            match state.queue.pop_front() {
                Some(parcel) if parcel.receipt.claim() => break Some(parcel),
                Some(parcel) => passed.push(parcel),
                None => break None,
            }
        };
        state.available -= usize::from(taken.is_some());
        drop(state);
        taken
    }

    /// Called by a link that has an outcome for its parcel: publishes it and calls back.
    ///
    /// The link is available *before* anybody can see the outcome, so whoever submits because of
    /// it meets this link and its worker, and no further worker is started. While callbacks run
    /// the link is not available: what came in meanwhile is given to another.
    pub(super) fn settle(self: &Arc<Self>, publish: impl FnOnce() -> Callbacks) {
        relock(&self.state).available += 1;
        let callbacks = publish();
        if callbacks.is_empty() {
            return;
        }
        let mut state = relock(&self.state);
        state.available -= 1;
        if state.queue.len() > state.available {
            // An error means that there is no link, and this is one.
            let _ = self.staff(&mut state);
        }
        drop(state);
        callbacks.call();
        relock(&self.state).available += 1;
    }

    /// Fails everything that has not started, and all that is submitted from now on.
    pub(super) fn break_down(&self, reason: &str) {
        let mut state = relock(&self.state);
        if !matches!(state.phase, Phase::Broken(_)) {
            state.phase = Phase::Broken(reason.to_owned());
        }
        let stranded = std::mem::take(&mut state.queue);
        drop(state);
        self.work.notify_all();
        for parcel in stranded {
            // Each has its own failure; its callbacks may call the executor, which is not locked.
            parcel.receipt.fail(Failure::Broken(reason.to_owned())).call();
        }
    }

    /// Shuts down; see [`Shutdown`].
    pub(super) fn shutdown(&self, how: Shutdown) {
        let mut state = relock(&self.state);
        if matches!(state.phase, Phase::Open) {
            state.phase = Phase::Closed;
        }
        let cancelled = if how.cancel_futures { std::mem::take(&mut state.queue) } else { VecDeque::new() };
        drop(state);
        self.work.notify_all();
        for parcel in cancelled {
            parcel.receipt.cancel();
        }
        // A link cannot wait for its own end: called from a callback, this only closes.
        if how.wait && !self.is_link() {
            self.join();
        }
    }

    /// Waits until all links have ended and their threads are gone.
    fn join(&self) {
        let mut state = relock(&self.state);
        while state.links > 0 {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let _joining = relock(&self.joining);
        let threads = std::mem::take(&mut relock(&self.state).threads);
        for thread in threads {
            // A link that panicked has broken the executor, and has said so.
            let _ = thread.join();
        }
    }

    fn is_link(&self) -> bool {
        LINK_OF.get() == std::ptr::from_ref(self)
    }
}

/// The calling thread's standing as a link of an executor; its end is the end of the link.
#[derive(Debug)]
pub(super) struct Standing {
    shared: Arc<Shared>,
}

impl Standing {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        LINK_OF.set(Arc::as_ptr(&shared));
        Self { shared }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.break_down("a link to a worker panicked");
        }
        let mut state = relock(&self.shared.state);
        state.links -= 1;
        let last = state.links == 0;
        drop(state);
        if last {
            self.shared.ended.notify_all();
        }
    }
}
