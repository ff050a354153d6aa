//! What an executor and its links share: the queue, its state, and who waits for what.

mod ahead;

pub(super) use self::ahead::TopUp;

use super::attendants::Attendants;
use super::desk::{Desk, Idle};
use super::link;
use super::parcel::Parcel;
use super::spares::Spares;
use super::supervisor::Alarm;
use poolproof_harness::{Callbacks, Failure, Patience, Raised, Refused, Shutdown};
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

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

/// How long a shutdown waits before it calls again.
const AGAIN: Duration = Duration::from_millis(50);

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
    /// Parcels that were accepted so far.
    accepted: u64,
    /// Links that have begun and not ended.
    links: usize,
    /// Links that will look into the queue before they sleep: what is queued is theirs first.
    available: usize,
    /// Those of them that sleep without a worker.
    sleeping: usize,
    /// The desks of all links.
    desks: Vec<Arc<Desk>>,
    /// Parcels that were answered on the desks of links that have ended.
    answered: u64,
    /// Desks whose workers are idle. They get what is submitted directly, the last one first: it has
    /// slept for the shortest time. There are none while anything is queued, or ahead on a desk.
    idle: Vec<Idle>,
    /// Links that were called off the list because the executor stops.
    called: Vec<Arc<Alarm>>,
    threads: Vec<JoinHandle<()>>,
}

/// What a link is to do.
pub(super) enum Next {
    /// There is work, and no worker yet.
    Prepare,
    /// Send this to the worker.
    Run(Parcel),
    /// The desk is listed: somebody may send something to the worker at any time.
    Rest,
    /// The executor stops.
    End,
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
    /// Whether `state` refuses what is submitted.
    refuses: AtomicBool,
    /// Links wait here for a longer queue or another phase.
    work: Condvar,
    /// `shutdown` waits here for the end of the last link.
    ended: Condvar,
    pub(super) attendants: Attendants,
    /// Held while threads are joined, so that everybody who waits returns after that.
    joining: Mutex<()>,
    /// Buffers for long requests.
    pub(super) spares: Spares,
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
    pub(super) fn new(setup: Setup, attendants: Attendants) -> Arc<Self> {
        let state = State {
            phase: Phase::Open,
            queue: VecDeque::new(),
            accepted: 0,
            links: 0,
            available: 0,
            sleeping: 0,
            desks: Vec::new(),
            answered: 0,
            idle: Vec::new(),
            called: Vec::new(),
            threads: Vec::new(),
        };
        Arc::new(Self {
            setup,
            state: Mutex::new(state),
            refuses: AtomicBool::new(false),
            work: Condvar::new(),
            ended: Condvar::new(),
            attendants,
            joining: Mutex::new(()),
            spares: Spares::default(),
        })
    }

    /// Whether a task would be accepted now; asked before it is serialised. What is decided is decided under the
    /// mutex when it is pushed, so nothing has to be ordered here.
    pub(super) fn admits(&self) -> Result<(), Refused> {
        if self.refuses.load(Ordering::Relaxed) { relock(&self.state).admits() } else { Ok(()) }
    }

    /// Parcels that went to a worker and came back answered.
    pub(super) fn round_trips(&self) -> u64 {
        let state = relock(&self.state);
        state.answered + state.desks.iter().map(|desk| desk.answered()).sum::<u64>()
    }

    /// Accepts a parcel, and sees to it that somebody takes it.
    pub(super) fn push(self: &Arc<Self>, mut parcel: Parcel) -> Result<(), Refused> {
        let mut state = relock(&self.state);
        if let Err(refused) = state.admits() {
            drop(state);
            return Err(refused);
        }
        parcel.number = state.accepted;
        state.accepted += 1;
        if state.queue.is_empty()
            && let Some(idle) = state.idle.pop()
        {
            if !parcel.receipt.claim() {
                // It was cancelled already. Its destructor is code of users.
                state.idle.push(idle);
                drop(state);
                return Ok(());
            }
            // Taken before the executor's own mutex is released: see `desk`.
            let mut seat = idle.desk.lock();
            drop(state);
            if idle.desk.hand(&mut seat, parcel).is_err() {
                drop(seat);
                idle.alarm.call();
            }
            return Ok(());
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
            if state.sleeping > 0 {
                self.work.notify_one();
            }
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

    /// Called by an available link: what it is to do. Without a worker, whose `alarm` it has, it sleeps
    /// here until there is something.
    pub(super) fn next(&self, desk: &Arc<Desk>, alarm: Option<&Arc<Alarm>>) -> Next {
        let mut passed = Vec::new();
        let mut state = relock(&self.state);
        let next = loop {
            if state.front(&mut passed).is_none() {
                // What is ahead elsewhere need not wait there.
                state.share();
            }
            match (&state.phase, alarm) {
                (Phase::Broken(_), _) => break Next::End,
                (Phase::Open | Phase::Closed, None) if !state.queue.is_empty() => break Next::Prepare,
                (Phase::Open | Phase::Closed, Some(_)) if !state.queue.is_empty() => {
                    match state.queue.pop_front() {
                        // It is running from now on.
                        Some(parcel) if parcel.receipt.claim() => break Next::Run(parcel),
                        other => passed.extend(other),
                    }
                    continue;
                }
                (Phase::Closed, _) => break Next::End,
                (Phase::Open, Some(alarm)) if passed.is_empty() => {
                    state.idle.push(Idle { desk: Arc::clone(desk), alarm: Arc::clone(alarm) });
                    break Next::Rest;
                }
                (Phase::Open, _) => {}
            }
            if passed.is_empty() {
                state.sleeping += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.sleeping -= 1;
            } else {
                drop(state);
                passed.clear();
                state = relock(&self.state);
            }
        };
        state.available -= usize::from(!matches!(next, Next::Prepare));
        drop(state);
        drop(passed);
        next
    }

    /// Called by a link that may have rested: it is available, unless somebody has sent its worker
    /// something, which is on the desk then.
    pub(super) fn unlist(&self, desk: &Arc<Desk>) {
        if !desk.lock().parcels.is_empty() {
            return;
        }
        let mut state = relock(&self.state);
        if let Some(at) = state.idle.iter().position(|idle| Arc::ptr_eq(&idle.desk, desk)) {
            state.idle.remove(at);
            state.available += 1;
        }
    }

    /// Called before the outcome of a desk's only parcel is published: its link is available *before* anybody can see
    /// the outcome, so whoever submits because of it meets this link and its worker, and no further worker is started.
    pub(super) fn make_available(&self) {
        relock(&self.state).available += 1;
    }

    /// Called by a link. If it is `available`, it is not while callbacks run: what came in meanwhile is given to
    /// another. If its worker has more to answer, they run in a thread of their own: they may wait for just that.
    pub(super) fn call_back(self: &Arc<Self>, callbacks: Callbacks, available: bool) {
        if callbacks.is_empty() {
            return;
        }
        if !available {
            return self.call_aside(callbacks);
        }
        self.make_unavailable();
        callbacks.call();
        self.make_available();
    }

    /// The opposite of [`Shared::make_available`]: what the link might have taken is given to another.
    fn make_unavailable(self: &Arc<Self>) {
        let mut state = relock(&self.state);
        state.available -= 1;
        if state.queue.len() > state.available {
            // An error means that there is no link, and this is one.
            let _ = self.staff(&mut state);
        }
    }

    fn call_aside(self: &Arc<Self>, callbacks: Callbacks) {
        // Kept here as well, for the case that there is no thread.
        let callbacks = Arc::new(Mutex::new(Some(callbacks)));
        let (shared, there) = (Arc::clone(self), Arc::clone(&callbacks));
        let call = move || {
            // A shutdown from in there waits for no link, and joins nobody.
            LINK_OF.set(Arc::as_ptr(&shared));
            let callbacks = relock(&there).take();
            callbacks.into_iter().for_each(Callbacks::call);
        };
        match std::thread::Builder::new().name("process-calls".into()).spawn(call) {
            Ok(thread) => {
                let threads = &mut relock(&self.state).threads;
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(_) => {
                let callbacks = relock(&callbacks).take();
                callbacks.into_iter().for_each(Callbacks::call);
            }
        }
    }

    /// Fails everything that has not started, and all that is submitted from now on.
    pub(super) fn break_down(&self, reason: &str) {
        let mut state = relock(&self.state);
        if !matches!(state.phase, Phase::Broken(_)) {
            state.phase = Phase::Broken(reason.to_owned());
        }
        self.refuses.store(true, Ordering::Relaxed);
        state.recall(|_| true);
        let stranded = std::mem::take(&mut state.queue);
        self.call_all(state);
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
        self.refuses.store(true, Ordering::Relaxed);
        let cancelled = if how.cancel_futures {
            state.recall(|_| true);
            std::mem::take(&mut state.queue)
        } else {
            VecDeque::new()
        };
        self.call_all(state);
        for parcel in cancelled {
            parcel.receipt.cancel();
        }
        // A link cannot wait for its own end: called from a callback, this only closes.
        if how.wait && !self.is_link() {
            self.join();
        }
    }

    /// Wakes every link that has nothing to do: the executor stops.
    fn call_all(&self, mut state: MutexGuard<'_, State>) {
        let called: Vec<_> = std::mem::take(&mut state.idle).into_iter().map(|idle| idle.alarm).collect();
        state.available += called.len();
        state.called.extend(called.iter().cloned());
        drop(state);
        self.work.notify_all();
        called.iter().for_each(|alarm| alarm.call());
    }

    /// Waits until all links have ended and their threads are gone.
    fn join(&self) {
        let mut state = relock(&self.state);
        while state.links > 0 {
            let (next, waited) = self.ended.wait_timeout(state, AGAIN).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() {
                // A damaged worker that writes to the bell of its link can keep a call from being heard.
                state.called.iter().for_each(|alarm| alarm.call());
            }
        }
        drop(state);
        let _joining = relock(&self.joining);
        // Those of an executor that never had a link.
        self.attendants.dismiss();
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
    desk: Arc<Desk>,
}

impl Standing {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        LINK_OF.set(Arc::as_ptr(&shared));
        let desk = Desk::of(&shared);
        relock(&shared.state).desks.push(Arc::clone(&desk));
        Self { shared, desk }
    }

    /// The link's own desk.
    pub(super) fn desk(&self) -> &Arc<Desk> {
        &self.desk
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
        // A link that panicked has left them; their futures resolve as broken.
        let left = std::mem::take(&mut self.desk.lock().parcels);
        drop(left);
        // It keeps the desk that it lies on.
        let line = self.desk.ear().take();
        drop(line);
        let mut state = relock(&self.shared.state);
        state.answered += self.desk.answered();
        state.desks.retain(|desk| !Arc::ptr_eq(desk, &self.desk));
        // The executor is not open, so no link comes after the last one. It is counted until the
        // attendants are gone, too.
        if state.links == 1 {
            drop(state);
            self.shared.attendants.dismiss();
            state = relock(&self.shared.state);
        }
        state.links -= 1;
        let last = state.links == 0;
        drop(state);
        if last {
            self.shared.ended.notify_all();
        }
    }
}
