//! `wait` and `as_completed`: a board is registered with every distinct future and told once by each.

use super::{Pool, PoolFuture, Steps};
use poolproof_harness::{AnyWaited, ReturnWhen, TimedOut};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What was noted on a board.
#[derive(Default)]
pub(in crate::broken) struct Noted {
    /// The keys of the futures that are done and were not taken off, in completion order.
    pub(in crate::broken) order: VecDeque<usize>,
    pub(in crate::broken) failures: usize,
}

/// Where completions are noted.
#[derive(Default)]
pub(in crate::broken) struct Board {
    noted: Mutex<Noted>,
    pub(in crate::broken) changed: Condvar,
}

impl Board {
    pub(in crate::broken) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The future registered under `key` is done.
    pub(in crate::broken) fn completed(&self, key: usize, failed: bool) {
        let mut noted = self.lock();
        noted.order.push_back(key);
        noted.failures += usize::from(failed);
        drop(noted);
        self.changed.notify_all();
    }

    /// Sleeps until `ready`, at most until `deadline`; whether it is.
    pub(in crate::broken) fn until(&self, deadline: Option<Instant>, ready: &dyn Fn(&Noted) -> bool) -> bool {
        let mut noted = self.lock();
        while !ready(&noted) {
            noted = match deadline {
                None => self.changed.wait(noted).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(noted, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

pub(in crate::broken) fn deadline_of(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|limit| Instant::now().checked_add(limit))
}

/// The positions at which each distinct future first stands.
pub(in crate::broken) fn distinct(futures: &[Arc<PoolFuture>]) -> Vec<usize> {
    let first = |position: usize| {
        let same = |other: &Arc<PoolFuture>| Arc::ptr_eq(other, &futures[position]);
        futures.iter().position(same) == Some(position)
    };
    (0..futures.len()).filter(|&position| first(position)).collect()
}

impl Pool {
    /// Waits for several futures.
    pub(in crate::broken) fn wait(
        &self,
        futures: &[Arc<PoolFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> AnyWaited {
        let steps = &self.steps;
        let deadline = deadline_of(timeout);
        let positions = steps.waits_for(futures);
        let board = Arc::new(Board::default());
        for &position in &positions {
            steps.watch(&futures[position], &board, position);
        }
        board.until(deadline, &|noted| steps.enough(noted, positions.len(), when));
        steps.abandon(futures, &board);
        let mut done: Vec<usize> = board.lock().order.iter().copied().collect();
        done.sort_unstable();
        let not_done = positions.into_iter().filter(|position| !done.contains(position)).collect();
        AnyWaited { done, not_done }
    }
}

/// Whether a wait for `count` futures is over.
pub(in crate::broken) fn enough(noted: &Noted, count: usize, when: ReturnWhen) -> bool {
    noted.order.len() == count
        || match when {
            ReturnWhen::FirstCompleted => !noted.order.is_empty(),
            ReturnWhen::FirstException => noted.failures > 0,
            ReturnWhen::AllCompleted => false,
        }
}

/// Takes the registrations of a wait back.
pub(in crate::broken) fn abandon(futures: &[Arc<PoolFuture>], board: &Arc<Board>) {
    for future in futures {
        future.unwatch(board);
    }
}

/// An iteration over futures as they complete.
pub(in crate::broken) struct Completing {
    pub(in crate::broken) steps: Arc<dyn Steps>,
    pub(in crate::broken) board: Arc<Board>,
    /// The futures that were not yielded yet, by position.
    pub(in crate::broken) futures: Vec<Option<Arc<PoolFuture>>>,
    pub(in crate::broken) left: usize,
    pub(in crate::broken) timeout: Option<Duration>,
    pub(in crate::broken) deadline: Option<Instant>,
}

impl Completing {
    /// Registers with every distinct future.
    pub(in crate::broken) fn start(
        steps: &Arc<dyn Steps>,
        futures: &[Arc<PoolFuture>],
        timeout: Option<Duration>,
    ) -> Self {
        let deadline = deadline_of(timeout);
        let board = Arc::new(Board::default());
        let positions = steps.yields(futures);
        for &position in &positions {
            steps.watch(&futures[position], &board, position);
        }
        let futures = futures.iter().cloned().map(Some).collect();
        Self { steps: Arc::clone(steps), board, futures, left: positions.len(), timeout, deadline }
    }

    /// The next future that is done.
    pub(in crate::broken) fn next(&mut self) -> Result<Option<usize>, TimedOut> {
        if self.left == 0 {
            return Ok(None);
        }
        if !self.board.until(self.deadline, &|noted| !noted.order.is_empty()) {
            self.left = 0;
            return Err(TimedOut);
        }
        let position = self.board.lock().order.pop_front();
        if let Some(position) = position {
            self.left -= 1;
            self.steps.forget_yielded(&mut self.futures, position);
        }
        Ok(position)
    }
}

/// Lets a yielded future go, at every position where it stands.
pub(in crate::broken) fn forget_yielded(futures: &mut [Option<Arc<PoolFuture>>], position: usize) {
    let Some(yielded) = futures[position].take() else { return };
    for entry in futures.iter_mut() {
        if entry.as_ref().is_some_and(|future| Arc::ptr_eq(future, &yielded)) {
            *entry = None;
        }
    }
}

impl Drop for Completing {
    fn drop(&mut self) {
        let left: Vec<_> = self.futures.iter().flatten().cloned().collect();
        self.steps.abandon(&left, &self.board);
    }
}
