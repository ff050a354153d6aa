//! The future cell: one task's state, outcome, waiters, callbacks and watchers.
//!
//! # States
//!
//! ```text
//! pending --claim--> running --finish--> finished
//!    |
//!    +---cancel---> cancelled
//! ```
//!
//! A cell may also *hold* the task itself until it starts, so that a task and its future are one
//! allocation, and so that a cancelled task is released at once, not when a worker passes it.
//!
//! # Who wakes whom
//!
//! One mutex guards the phase, the callbacks and the watchers. Whoever makes the cell done takes
//! callbacks and watchers out under that mutex, so each is told exactly once: registered before,
//! it is in the list; registered after, it finds the cell done and is told by the registering
//! thread. The condition variable is notified after the phase changed under that mutex, and
//! waiters test the phase under it, so no wake-up is lost. Callbacks, watchers and destructors of
//! tasks run with the mutex released; only the value's `clone` runs under it.

use crate::{Failure, Outcome, State, TimedOut, WatchId, Watcher, contain};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) enum Phase<T> {
    Pending,
    Running,
    Done(Outcome<T>),
}

struct Inner<T> {
    phase: Phase<T>,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
    watchers: Vec<(WatchId, usize, Arc<dyn Watcher>)>,
    next_watch: u64,
    waiters: usize,
}

/// What a cell holds until the task starts or is cancelled.
pub(crate) trait Held: Send + Sync {
    /// Drops it. Does nothing if it was taken.
    fn release(&self);
}

/// Nothing is held.
impl Held for () {
    fn release(&self) {}
}

/// A task that waits in its own cell.
pub(crate) struct Parked<K>(Mutex<Option<K>>);

impl<K> Parked<K> {
    fn take(&self) -> Option<K> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<K: Send> Held for Parked<K> {
    fn release(&self) {
        let task = self.take();
        // A destructor that panics is the task's own misfortune, not the canceller's.
        let _ = contain(|| drop(task));
    }
}

pub(crate) struct Cell<T, H: ?Sized = dyn Held> {
    inner: Mutex<Inner<T>>,
    done: Condvar,
    held: H,
}

impl<T> Cell<T, ()> {
    pub(crate) fn empty() -> Self {
        Self::with(())
    }
}

impl<T, K> Cell<T, Parked<K>> {
    pub(crate) fn holding(task: K) -> Self {
        Self::with(Parked(Mutex::new(Some(task))))
    }

    /// Takes the task out to run it, if it has not been cancelled.
    pub(crate) fn start(&self) -> Option<K>
    where
        K: Send,
    {
        if self.claim() { self.held.take() } else { None }
    }
}

impl<T, H> Cell<T, H> {
    fn with(held: H) -> Self {
        let inner =
            Inner { phase: Phase::Pending, callbacks: Vec::new(), watchers: Vec::new(), next_watch: 0, waiters: 0 };
        Self { inner: Mutex::new(inner), done: Condvar::new(), held }
    }
}

impl<T, H: Held + ?Sized> Cell<T, H> {
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // Every change under the mutex is a plain assignment, so a poisoned one is consistent.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves from pending to running.
    pub(crate) fn claim(&self) -> bool {
        let mut inner = self.lock();
        let pending = matches!(inner.phase, Phase::Pending);
        if pending {
            inner.phase = Phase::Running;
        }
        pending
    }

    /// Publishes `outcome` unless the cell is done already, or is running and `only_pending`; then
    /// calls back.
    pub(crate) fn finish(&self, outcome: Outcome<T>, only_pending: bool) -> bool {
        let published = self.publish(outcome, only_pending);
        let done = published.is_some();
        published.into_iter().for_each(Callbacks::call);
        done
    }

    /// Like [`Cell::finish`], and leaves the callbacks to be called by the caller.
    pub(crate) fn publish(&self, outcome: Outcome<T>, only_pending: bool) -> Option<Callbacks> {
        let mut inner = self.lock();
        let was_pending = match inner.phase {
            Phase::Done(_) => return None,
            Phase::Running if only_pending => return None,
            Phase::Running => false,
            Phase::Pending => true,
        };
        let failed = is_failure(&outcome);
        inner.phase = Phase::Done(outcome);
        let callbacks = std::mem::take(&mut inner.callbacks);
        let watchers = std::mem::take(&mut inner.watchers);
        let waiting = inner.waiters > 0;
        drop(inner);
        if was_pending {
            self.held.release();
        }
        if waiting {
            self.done.notify_all();
        }
        for (_, key, watcher) in watchers {
            watcher.completed(key, failed);
        }
        Some(Callbacks(callbacks))
    }

    pub(crate) fn cancel(&self) -> bool {
        self.finish(Err(Failure::Cancelled), true)
    }

    /// Looks at the phase.
    pub(crate) fn with_phase<R>(&self, look: impl FnOnce(&Phase<T>) -> R) -> R {
        look(&self.lock().phase)
    }

    pub(crate) fn state(&self) -> State {
        self.with_phase(|phase| match phase {
            Phase::Pending => State::PENDING,
            Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(_) => State::FINISHED,
        })
    }

    /// How many threads are blocked in [`Cell::wait`].
    #[cfg(test)]
    pub(crate) fn waiters(&self) -> usize {
        self.lock().waiters
    }

    /// How many watchers are registered.
    #[cfg(test)]
    pub(crate) fn watchers(&self) -> usize {
        self.lock().watchers.len()
    }

    /// The outcome, if it is there.
    pub(crate) fn poll(&self) -> Option<Outcome<T>>
    where
        T: Clone,
    {
        self.with_phase(|phase| match phase {
            Phase::Done(outcome) => Some(outcome.clone()),
            Phase::Pending | Phase::Running => None,
        })
    }

    /// Blocks until the outcome is there or `deadline` passed.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<Outcome<T>, TimedOut>
    where
        T: Clone,
    {
        let mut inner = self.lock();
        loop {
            if let Phase::Done(outcome) = &inner.phase {
                return Ok(outcome.clone());
            }
            inner.waiters += 1;
            inner = match deadline {
                None => self.done.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        inner.waiters -= 1;
                        return Err(TimedOut);
                    }
                    self.done.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            inner.waiters -= 1;
        }
    }

    pub(crate) fn on_done(&self, callback: Box<dyn FnOnce() + Send>) {
        let mut inner = self.lock();
        if matches!(inner.phase, Phase::Done(_)) {
            drop(inner);
            call_back(callback);
        } else {
            inner.callbacks.push(callback);
        }
    }

    pub(crate) fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> WatchId {
        let mut inner = self.lock();
        let id = WatchId(inner.next_watch);
        inner.next_watch += 1;
        if let Phase::Done(outcome) = &inner.phase {
            let failed = is_failure(outcome);
            drop(inner);
            watcher.completed(key, failed);
        } else {
            inner.watchers.push((id, key, watcher));
        }
        id
    }

    pub(crate) fn unwatch(&self, id: WatchId) {
        self.lock().watchers.retain(|(known, _, _)| *known != id);
    }
}

/// The callbacks of a future that is done, in the order in which they were registered.
///
/// Dropping them without a call loses them.
#[derive(Default)]
#[must_use = "whoever registered the callbacks waits for them"]
pub struct Callbacks(Vec<Box<dyn FnOnce() + Send>>);

impl Callbacks {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls them here. Their panics are reported by the panic hook and go no further.
    pub fn call(self) {
        self.0.into_iter().for_each(call_back);
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callbacks").field(&self.0.len()).finish()
    }
}

/// A cancellation is not a failure.
fn is_failure<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Err(failure) if *failure != Failure::Cancelled)
}

/// Runs a callback; its panic is reported by the panic hook and goes no further.
fn call_back(callback: Box<dyn FnOnce() + Send>) {
    let _ = contain(callback);
}
