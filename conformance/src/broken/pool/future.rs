//! The future of the pool: one mutex guards its phase, its callbacks and its watchers.

use super::{Board, Steps};
use poolproof_harness::{Actor, Callback, Failure, Outcome, Probe, Raised, State, TimedOut, Value, contain};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

/// Where a future stands.
pub(in crate::broken) enum Phase {
    Pending,
    Running,
    Done(Outcome<Value>),
}

/// What the mutex of a future guards.
pub(in crate::broken) struct Inner {
    pub(in crate::broken) phase: Phase,
    /// The task, until it starts or is cancelled.
    pub(in crate::broken) task: Option<Probe>,
    pub(in crate::broken) callbacks: Vec<Callback>,
    pub(in crate::broken) watchers: Vec<(Arc<Board>, usize)>,
    /// Asynchronous code that awaits it.
    pub(in crate::broken) wakers: Vec<Waker>,
}

/// One submitted task and what becomes of it.
pub(in crate::broken) struct PoolFuture {
    pub(in crate::broken) steps: Arc<dyn Steps>,
    inner: Mutex<Inner>,
    pub(in crate::broken) changed: Condvar,
}

impl fmt::Debug for PoolFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolFuture").finish_non_exhaustive()
    }
}

impl PoolFuture {
    /// A pending future that holds its task.
    pub(in crate::broken) fn new(steps: &Arc<dyn Steps>, task: Probe) -> Arc<Self> {
        let inner = Inner {
            phase: Phase::Pending,
            task: Some(task),
            callbacks: Vec::new(),
            watchers: Vec::new(),
            wakers: Vec::new(),
        };
        Arc::new(Self { steps: Arc::clone(steps), inner: Mutex::new(inner), changed: Condvar::new() })
    }

    pub(in crate::broken) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves from pending to running and hands the task out; nothing if it was cancelled.
    pub(in crate::broken) fn claim(&self) -> Option<Probe> {
        let mut inner = self.lock();
        if !matches!(inner.phase, Phase::Pending) {
            return None;
        }
        inner.phase = Phase::Running;
        inner.task.take()
    }

    /// Makes the future done, once, and tells everybody.
    pub(in crate::broken) fn finish(&self, outcome: Outcome<Value>) {
        let inner = self.lock();
        if !matches!(inner.phase, Phase::Done(_)) {
            self.settle(inner, outcome);
        }
    }

    /// Completes the future from outside, unless it is done.
    pub(in crate::broken) fn complete(&self, value: Value) -> Result<(), Raised> {
        let inner = self.lock();
        if matches!(inner.phase, Phase::Done(_)) {
            return Err(Raised::new("InvalidStateError", "the future is done"));
        }
        self.settle(inner, Ok(value));
        Ok(())
    }

    /// Cancels the task if it has not started; whether the future is cancelled.
    pub(in crate::broken) fn cancel(&self) -> bool {
        let inner = self.lock();
        match inner.phase {
            Phase::Pending => {
                self.settle(inner, Err(Failure::Cancelled));
                true
            }
            Phase::Running => false,
            Phase::Done(ref outcome) => *outcome == Err(Failure::Cancelled),
        }
    }

    /// Stores the outcome under the mutex; tells waiters, watchers and callbacks without it.
    pub(in crate::broken) fn settle(&self, mut inner: MutexGuard<'_, Inner>, outcome: Outcome<Value>) {
        let failed = is_failure(&outcome);
        let cancelled = outcome == Err(Failure::Cancelled);
        inner.phase = Phase::Done(outcome);
        let task = inner.task.take();
        let callbacks = std::mem::take(&mut inner.callbacks);
        let watchers = std::mem::take(&mut inner.watchers);
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        drop(task);
        self.steps.wake(self, cancelled);
        self.steps.wake_awaiting(wakers, failed);
        self.steps.announce(watchers, failed, cancelled);
        self.steps.call_all_back(self, callbacks);
    }

    /// Waits for the outcome, at most `timeout`.
    pub(in crate::broken) fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, TimedOut> {
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        let mut inner = self.lock();
        loop {
            if let Phase::Done(outcome) = &inner.phase {
                return Ok(outcome.clone());
            }
            inner = match deadline {
                None => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(TimedOut);
                    }
                    self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The predicates now.
    pub(in crate::broken) fn state(&self) -> State {
        self.steps.predicates(&self.lock().phase)
    }

    /// Its address, as its name.
    pub(in crate::broken) fn name(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    pub(in crate::broken) fn is_done(&self) -> bool {
        matches!(self.lock().phase, Phase::Done(_))
    }

    /// Registers a callback; calls it here and now if the future is done.
    pub(in crate::broken) fn on_done(&self, callback: Callback) {
        let mut inner = self.lock();
        if matches!(inner.phase, Phase::Done(_)) {
            drop(inner);
            self.steps.call_late(self, callback);
        } else {
            inner.callbacks.push(callback);
        }
    }

    /// Registers a board; tells it at once if the future is done.
    pub(in crate::broken) fn watch(&self, board: &Arc<Board>, key: usize) {
        let mut inner = self.lock();
        if let Phase::Done(outcome) = &inner.phase {
            let failed = is_failure(outcome);
            drop(inner);
            board.completed(key, failed);
        } else {
            inner.watchers.push((Arc::clone(board), key));
        }
    }

    /// Takes a registration back.
    pub(in crate::broken) fn unwatch(&self, board: &Arc<Board>) {
        self.lock().watchers.retain(|(registered, _)| !Arc::ptr_eq(registered, board));
    }
}

/// A cancellation is not a failure.
pub(in crate::broken) fn is_failure(outcome: &Outcome<Value>) -> bool {
    matches!(outcome, Err(failure) if *failure != Failure::Cancelled)
}

/// What the predicates say of a phase.
pub(in crate::broken) fn predicates(phase: &Phase) -> State {
    match phase {
        Phase::Pending => State::PENDING,
        Phase::Running => State::RUNNING,
        Phase::Done(Err(Failure::Cancelled)) => State::CANCELLED,
        Phase::Done(_) => State::FINISHED,
    }
}

/// Runs one callback; its panic goes no further.
pub(in crate::broken) fn call_back(callback: Callback) {
    let label = callback.label;
    let _ = contain(move || callback.run_as(Actor::Callback(label)));
}
