//! The future cell: one task's state, outcome, waiters, callbacks, watchers and wakers.
//!
//! # States
//!
//! ```text
//! pending --claim--> running -----------------publish--> done
//!    |                                                    ^
//!    +---fail---> settling ------------------publish------+
//!    |                                                    |
//!    +---cancel-------------------------------------------+ (cancelled)
//! ```
//!
//! The state is one word, and every arrow is one atomic operation on it. Whoever makes the cell
//! leave `pending` is its *owner* from then on, alone: only the owner takes the task out, writes
//! the outcome and makes the cell `done`. Cancelling needs no outcome and is a single step.
//!
//! A cell may *hold* the task itself until it starts, so that a task and its future are one
//! allocation, and so that a cancelled task is released at once, not when a worker passes it.
//!
//! # Who wakes whom
//!
//! Beside the phase the word has two flags for those who wait, and one for tasks that are with a worker before their
//! turn (`ahead`). A thread that sleeps until the cell is done first sets `AWAITED` and then sleeps on the word itself,
//! as long as it is unchanged; a registration first sets `HEARD`. Completing exchanges the whole word for `done` and
//! looks at what it replaced: without flags there is nobody to tell, and neither a system call nor a mutex is needed.
//!
//! # Why nothing is lost
//!
//! The word has one order of changes. A flag set before `done` is seen by the exchange. A flag set
//! after it is set by a thread that reads `done` in the same operation, and that thread tells
//! itself. Between setting `AWAITED` and sleeping the kernel compares the word once more. Between
//! setting `HEARD` and entering the list, the list may be closed: then the thread tells itself.
//!
//! # Memory orderings
//!
//! * Making the cell done is `AcqRel`: the release half publishes the outcome to whoever reads
//!   `done` with acquire ordering; the acquire half sees the list that a `HEARD` flag announces.
//! * Setting a flag is `AcqRel` for the mirror image of both.
//! * Leaving `pending` is `Acquire`: what the last cell of this task did before, if it was handed
//!   through here, is visible; the task itself came with the reference to the cell.
//! * Failed exchanges are retried with the value they found, whose payload is not touched:
//!   `Relaxed`, except where `done` leads to reading the outcome, which loads again.
//!
//! Callbacks, watchers, wakers, `clone` and destructors run with no lock held.

mod ahead;
mod held;
mod listeners;
mod listening;
#[cfg(all(loom, test))]
mod models;
mod shared;
mod slot;
mod sync;

pub(crate) use self::held::{Attended, Held, Parked};
pub use self::listening::Callbacks;
pub(crate) use self::shared::Shared;

use self::ahead::AHEAD;
use self::listeners::Listeners;
use self::slot::Published;
use self::sync::{AtomicU32, Ordering, Sleeper};
use crate::{Attendant, Failure, Outcome, PromiseId, State, Task, TimedOut};
use std::sync::Arc;
use std::time::Instant;

const PHASE: u32 = 0b11;
const PENDING: u32 = 0;
const RUNNING: u32 = 1;
/// Somebody who is not a worker writes the outcome; from outside it is still pending.
const SETTLING: u32 = 2;
const DONE: u32 = 3;
/// Together with `DONE`: there is no outcome but this.
const CANCELLED: u32 = 0b100;
/// Threads sleep on the word.
const AWAITED: u32 = 0b1000;
/// The list of listeners was made.
const HEARD: u32 = 0b1_0000;
/// There are callbacks in it.
const CALLS: u32 = 0b100_0000;

/// An outcome as it is kept: small where it usually is.
enum Kept<T> {
    Value(T),
    Failure(Box<Failure>),
}

pub(crate) struct Cell<T, H: ?Sized = dyn Held<T>> {
    state: AtomicU32,
    /// The executor whose workers may run the task when they wait for it; 0 for none.
    executor: u32,
    listeners: Listeners,
    outcome: Published<Kept<T>>,
    sleeper: Sleeper,
    held: H,
}

impl<T> Cell<T, ()> {
    pub(crate) fn empty() -> Self {
        Self::with((), 0)
    }
}

impl<T> Cell<T, Attended> {
    pub(crate) fn attended() -> Self {
        Self::with(Attended::default(), 0)
    }
}

impl<K: Task> Cell<K::Output, Parked<K>> {
    pub(crate) fn holding(task: K, executor: u32) -> Self {
        Self::with(Parked::of(task), executor)
    }
}

impl<T, H: Held<T> + 'static> Shared<Cell<T, H>> {
    /// The same, whatever the cell holds.
    pub(crate) fn with_anything_held(self) -> Shared<Cell<T>> {
        // SAFETY: the conversion is the compiler's.
        #[allow(unsafe_code)]
        unsafe {
            self.erase(|cell| cell as *mut _)
        }
    }
}

impl<T, H> Cell<T, H> {
    fn with(held: H, executor: u32) -> Self {
        Self {
            state: AtomicU32::new(PENDING),
            executor,
            listeners: Listeners::none(),
            outcome: Published::empty(),
            sleeper: Sleeper::new(),
            held,
        }
    }
}

impl<T, H: Held<T> + ?Sized> Cell<T, H> {
    /// Leaves `pending` for `next`; the caller owns the cell if that worked. Gives the old word.
    fn leave_pending(&self, next: u32, success: Ordering) -> Option<u32> {
        let mut word = self.state.load(Ordering::Relaxed);
        while word & PHASE == PENDING {
            // The flags of who waits stay until the cell is done.
            let flags = if next & PHASE == DONE { 0 } else { word & !(PHASE | AHEAD) };
            match self.state.compare_exchange_weak(word, next | flags, success, Ordering::Relaxed) {
                Ok(_) => return Some(word),
                Err(found) => word = found,
            }
        }
        None
    }

    /// Moves from pending to running.
    pub(crate) fn claim(&self) -> bool {
        self.leave_pending(RUNNING, Ordering::Acquire).is_some()
    }

    /// Runs the task here if it has not started, callbacks included.
    pub(crate) fn run(&self) -> bool {
        if !self.claim() {
            return false;
        }
        // SAFETY: this thread has just claimed the cell.
        #[allow(unsafe_code)]
        let outcome = unsafe { self.held.run() };
        if let Some(outcome) = outcome {
            self.publish_owned(outcome).call();
        }
        true
    }

    /// Publishes `outcome` unless the cell is done already, or is running and `only_pending`; then
    /// calls back. A cell that runs is only ever finished by the thread that claimed it.
    pub(crate) fn finish(&self, outcome: Outcome<T>, only_pending: bool) -> bool {
        let published = self.publish(outcome, only_pending);
        let done = published.is_some();
        published.into_iter().for_each(Callbacks::call);
        done
    }

    /// Like [`Cell::finish`], and leaves the callbacks to be called by the caller.
    pub(crate) fn publish(&self, outcome: Outcome<T>, only_pending: bool) -> Option<Callbacks> {
        if matches!(outcome, Err(Failure::Cancelled))
            && let Some(word) = self.leave_pending(DONE | CANCELLED, Ordering::AcqRel)
        {
            self.release();
            return Some(self.announce(word, false));
        }
        if self.leave_pending(SETTLING, Ordering::Acquire).is_some() {
            let callbacks = self.publish_owned(outcome);
            return Some(callbacks);
        }
        let running = self.state.load(Ordering::Relaxed) & PHASE == RUNNING;
        (running && !only_pending).then(|| self.publish_owned(outcome))
    }

    /// Drops the task that never started.
    fn release(&self) {
        // SAFETY: called by the thread that took the cell from pending to done or settling.
        #[allow(unsafe_code)]
        unsafe {
            self.held.release();
        }
    }

    /// Makes the cell done with `outcome`; for its owner.
    fn publish_owned(&self, outcome: Outcome<T>) -> Callbacks {
        let (kept, failed, done) = match outcome {
            Ok(value) => (Some(Kept::Value(value)), false, DONE),
            Err(Failure::Cancelled) => (None, false, DONE | CANCELLED),
            Err(failure) => (Some(Kept::Failure(Box::new(failure))), true, DONE),
        };
        if let Some(kept) = kept {
            // SAFETY: this thread owns the cell, and it is not done yet.
            #[allow(unsafe_code)]
            unsafe {
                self.outcome.write(kept);
            }
        }
        let word = self.state.swap(done, Ordering::AcqRel);
        if word & PHASE == SETTLING {
            self.release();
        }
        self.announce(word, failed)
    }

    /// Tells whoever is announced by the flags of `word`, which `done` has replaced.
    fn announce(&self, word: u32, failed: bool) -> Callbacks {
        if word & AWAITED != 0 {
            self.sleeper.wake(&self.state);
        }
        if word & HEARD != 0 { self.listeners.close(failed) } else { Callbacks::default() }
    }

    /// Cancels the task, for the executor: if it was sent ahead, it was taken back.
    pub(crate) fn cancel(&self) -> bool {
        self.finish(Err(Failure::Cancelled), true)
    }

    /// Whether the outcome is there; what happened before it was published is visible.
    pub(crate) fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) & PHASE == DONE
    }

    pub(crate) fn state(&self) -> State {
        let word = self.state.load(Ordering::Acquire);
        match word & PHASE {
            PENDING | SETTLING => State::PENDING,
            RUNNING => State::RUNNING,
            _ if word & CANCELLED != 0 => State::CANCELLED,
            _ => State::FINISHED,
        }
    }

    /// Whether callbacks wait for it.
    pub(crate) fn calls_back(&self) -> bool {
        self.state.load(Ordering::Relaxed) & CALLS != 0
    }

    /// Says who can bring the outcome here.
    pub(crate) fn place(&self, attendant: Arc<dyn Attendant>) {
        self.held.place(attendant);
    }

    /// Which cell: its place, which nobody else has as long as it is there.
    pub(crate) fn id(&self) -> PromiseId {
        PromiseId(std::ptr::from_ref(&self.state).addr())
    }

    /// Lets whoever can bring the outcome here, for as long as he thinks worth while.
    pub(crate) fn attend(&self) {
        if let Some(attendant) = self.held.attendant() {
            attendant.attend(self.id(), &mut || self.is_done());
        }
    }

    /// The executor whose workers may run the task when they wait for it; 0 for none.
    pub(crate) fn executor(&self) -> u32 {
        self.executor
    }

    /// Whether its executor looks about for a moment before it sleeps, as [`search`](crate::search) does, so that who
    /// does the same meets it awake.
    pub(crate) fn is_searched_for(&self) -> bool {
        self.executor != 0 || self.held.is_attended()
    }

    /// The outcome, if it is there.
    pub(crate) fn poll(&self) -> Option<Outcome<T>>
    where
        T: Clone,
    {
        self.look(|kept| match kept {
            None => Err(Failure::Cancelled),
            Some(Kept::Value(value)) => Ok(value.clone()),
            Some(Kept::Failure(failure)) => Err(Failure::clone(failure)),
        })
    }

    /// The outcome itself, if it is there; for who has the cell alone and lets it go then.
    pub(crate) fn take(&mut self) -> Option<Outcome<T>> {
        if !self.is_done() {
            return None;
        }
        Some(match self.outcome.take() {
            None => Err(Failure::Cancelled),
            Some(Kept::Value(value)) => Ok(value),
            Some(Kept::Failure(failure)) => Err(*failure),
        })
    }

    /// Looks at what was kept, if the cell is done.
    fn look<R>(&self, look: impl FnOnce(Option<&Kept<T>>) -> R) -> Option<R> {
        if !self.is_done() {
            return None;
        }
        // SAFETY: the cell is done, read with acquire ordering.
        #[allow(unsafe_code)]
        Some(unsafe { self.outcome.read(look) })
    }

    /// Whether it is done with a failure that is not a cancellation.
    pub(crate) fn is_failed(&self) -> bool {
        self.look(|kept| matches!(kept, Some(Kept::Failure(_)))).unwrap_or(false)
    }

    /// Sleeps until the outcome is there or `deadline` passed.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<(), TimedOut> {
        loop {
            let mut word = self.state.load(Ordering::Acquire);
            if word & PHASE == DONE {
                return Ok(());
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(TimedOut);
            }
            if word & AWAITED == 0 {
                word = self.state.fetch_or(AWAITED, Ordering::AcqRel) | AWAITED;
                if word & PHASE == DONE {
                    return Ok(());
                }
            }
            self.sleeper.sleep(&self.state, word, deadline);
        }
    }

    /// Whether a thread sleeps in [`Cell::wait`], or is about to.
    #[cfg(test)]
    pub(crate) fn is_awaited(&self) -> bool {
        self.state.load(Ordering::Relaxed) & AWAITED != 0
    }

    /// How many watchers and how many wakers are registered.
    #[cfg(test)]
    pub(crate) fn listeners(&self) -> (usize, usize) {
        self.listeners.counts()
    }
}
