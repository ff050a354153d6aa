//! The future cell: one task's state, outcome, waiters, callbacks and watchers.
//!
//! The executor holds the [`Promise`], the caller the [`CellFuture`]; a user cannot make either
//! future by hand, only receive it from an executor.
//!
//! # States
//!
//! ```text
//! pending --claim--> running --complete--> finished
//!    |
//!    +---cancel---> cancelled
//! ```
//!
//! One mutex guards state, outcome, callbacks and watchers, so cancel and claim cannot both win,
//! and a callback or watcher registered while the task completes is either in the list that the
//! completing thread takes, or sees the finished state and is told at once: none is lost, none is
//! told twice. The condition variable is notified after the state changed under that mutex, and
//! waiters test the state under it, so no wake-up is lost. Callbacks and watchers run with the
//! mutex released.

use crate::{Failure, Future, Outcome, State, TimedOut, Unsupported, WatchId, Watcher};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

enum Phase<T> {
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

struct Cell<T> {
    inner: Mutex<Inner<T>>,
    done: Condvar,
}

impl<T> Cell<T> {
    // No user code runs under the mutex, so a poisoned one still holds a consistent state.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes `outcome` unless the future is done already.
    fn finish(&self, outcome: Outcome<T>, only_pending: bool) -> bool {
        let mut inner = self.lock();
        match inner.phase {
            Phase::Done(_) => return false,
            Phase::Running if only_pending => return false,
            Phase::Pending | Phase::Running => {}
        }
        let failed = matches!(&outcome, Err(failure) if *failure != Failure::Cancelled);
        inner.phase = Phase::Done(outcome);
        let callbacks = std::mem::take(&mut inner.callbacks);
        let watchers = std::mem::take(&mut inner.watchers);
        let waiting = inner.waiters > 0;
        drop(inner);
        if waiting {
            self.done.notify_all();
        }
        for (_, key, watcher) in watchers {
            watcher.completed(key, failed);
        }
        for callback in callbacks {
            contained(callback);
        }
        true
    }
}

/// Runs a callback; its panic is reported by the panic hook and goes no further.
fn contained(callback: Box<dyn FnOnce() + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(callback)) {
        // A payload may panic when dropped; that must not reach the worker either.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    }
}

/// The executor's end of a future.
///
/// Dropping it before completion resolves the future as [`Failure::Broken`], so that an executor
/// that discards a task never strands the waiter.
///
/// ```
/// use poolproof_harness::{Future, Promise};
/// let (promise, future) = Promise::<u32>::pair();
/// assert!(promise.claim());
/// promise.complete(Ok(7));
/// assert_eq!(future.result(None), Ok(Ok(7)));
/// ```
pub struct Promise<T> {
    cell: Arc<Cell<T>>,
}

impl<T> Promise<T> {
    /// A pending future and the right to complete it.
    #[must_use]
    pub fn pair() -> (Self, CellFuture<T>) {
        let cell = Arc::new(Cell {
            inner: Mutex::new(Inner {
                phase: Phase::Pending,
                callbacks: Vec::new(),
                watchers: Vec::new(),
                next_watch: 0,
                waiters: 0,
            }),
            done: Condvar::new(),
        });
        (Self { cell: Arc::clone(&cell) }, CellFuture { cell })
    }

    /// Moves the future from pending to running; `false` if it was cancelled: do not run the task.
    #[must_use]
    pub fn claim(&self) -> bool {
        let mut inner = self.cell.lock();
        match inner.phase {
            Phase::Pending => {
                inner.phase = Phase::Running;
                true
            }
            Phase::Running | Phase::Done(_) => false,
        }
    }

    /// Resolves the future; a future that is already done keeps its first outcome.
    pub fn complete(self, outcome: Outcome<T>) {
        self.cell.finish(outcome, false);
    }

    /// Cancels the task from the executor's side if it has not been claimed.
    pub fn cancel(&self) -> bool {
        self.cell.finish(Err(Failure::Cancelled), true)
    }

    /// Whether the future was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cell.lock().phase, Phase::Done(Err(Failure::Cancelled)))
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.cell.finish(Err(Failure::Broken("the executor discarded the task without running it".into())), false);
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").finish_non_exhaustive()
    }
}

/// A future made by [`Promise::pair`]; dropping it detaches the task.
pub struct CellFuture<T> {
    cell: Arc<Cell<T>>,
}

impl<T> Clone for CellFuture<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

impl<T> fmt::Debug for CellFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.cell.lock().phase {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::Done(Ok(_)) => "finished",
            Phase::Done(Err(Failure::Cancelled)) => "cancelled",
            Phase::Done(Err(_)) => "failed",
        };
        f.debug_tuple("CellFuture").field(&phase).finish()
    }
}

impl<T: Clone + Send + Sync + 'static> Future<T> for CellFuture<T> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        // A limit beyond what the clock can represent is no limit.
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        let mut inner = self.cell.lock();
        loop {
            if let Phase::Done(outcome) = &inner.phase {
                return Ok(outcome.clone());
            }
            inner.waiters += 1;
            inner = match deadline {
                None => self.cell.done.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        inner.waiters -= 1;
                        return Err(TimedOut);
                    }
                    self.cell.done.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            inner.waiters -= 1;
        }
    }

    fn state(&self) -> State {
        match self.cell.lock().phase {
            Phase::Pending => State::PENDING,
            Phase::Running => State::RUNNING,
            Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
            Phase::Done(_) => State::FINISHED,
        }
    }

    fn cancel(&self) -> Result<bool, Unsupported> {
        Ok(self.cell.finish(Err(Failure::Cancelled), true) || self.state() == State::CANCELLED)
    }

    fn on_done(&self, callback: Box<dyn FnOnce() + Send>) -> Result<(), Unsupported> {
        let mut inner = self.cell.lock();
        if matches!(inner.phase, Phase::Done(_)) {
            drop(inner);
            contained(callback);
        } else {
            inner.callbacks.push(callback);
        }
        Ok(())
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        let mut inner = self.cell.lock();
        let id = WatchId(inner.next_watch);
        inner.next_watch += 1;
        if let Phase::Done(outcome) = &inner.phase {
            let failed = matches!(outcome, Err(failure) if *failure != Failure::Cancelled);
            drop(inner);
            watcher.completed(key, failed);
        } else {
            inner.watchers.push((id, key, watcher));
        }
        Ok(id)
    }

    fn unwatch(&self, id: WatchId) {
        self.cell.lock().watchers.retain(|(known, _, _)| *known != id);
    }
}
