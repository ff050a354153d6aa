//! A piece of a map: some items in a row, and their outcomes.

use super::super::sync::{Condvar, Mutex, MutexGuard, search};
use poolproof_harness::{Failure, Task, TimedOut, contain, run_caught};
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Instant;

/// An outcome as it is kept: small where it usually is.
pub(super) type Kept<V> = Result<V, Box<Failure>>;

/// Some items in a row.
pub(super) struct Piece<T: Task> {
    inner: Mutex<Inner<T>>,
    ready: Condvar,
}

struct Inner<T: Task> {
    /// Those that have not started.
    items: std::vec::IntoIter<T>,
    /// One place for each item.
    outcomes: Vec<Option<Kept<T::Output>>>,
    /// So many outcomes were read.
    read: usize,
    /// The reader sleeps until the next outcome is there.
    awaited: bool,
}

impl<T: Task> Inner<T> {
    /// The position of the first item that has not started.
    fn next(&self) -> usize {
        self.outcomes.len() - self.items.len()
    }
}

impl<T: Task> Piece<T> {
    pub(super) fn new(items: Vec<T>) -> Self {
        let outcomes = items.iter().map(|_| None).collect();
        let inner = Inner { items: items.into_iter(), outcomes, read: 0, awaited: false };
        Self { inner: Mutex::new(inner), ready: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // Every change under the mutex is complete before anything can panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs items of this piece until none is left to start, and calls `between` between them.
    pub(super) fn run(&self, between: impl Fn()) {
        let mut done = None;
        loop {
            let mut inner = self.lock();
            let mut wake = false;
            if let Some((position, outcome)) = done.take() {
                inner.outcomes[position] = Some(outcome);
                wake = inner.awaited && position == inner.read;
                inner.awaited &= !wake;
            }
            let position = inner.next();
            let item = inner.items.next();
            drop(inner);
            if wake {
                self.ready.notify_one();
            }
            let Some(item) = item else { return };
            done = Some((position, run_caught(item).map_err(Box::new)));
            between();
        }
    }

    /// What has not started never will, and has `failure` as its outcome.
    pub(super) fn end(&self, failure: &Failure) {
        let mut inner = self.lock();
        let first = inner.next();
        let dropped = std::mem::take(&mut inner.items);
        for outcome in &mut inner.outcomes[first..] {
            *outcome = Some(Err(Box::new(failure.clone())));
        }
        let wake = std::mem::take(&mut inner.awaited);
        drop(inner);
        if wake {
            self.ready.notify_one();
        }
        // What an item carries is foreign code, which may panic, and may use the executor.
        for item in dropped {
            let _ = contain(|| drop(item));
        }
    }

    /// Takes the outcomes that are there and next to be read; `false` if all were read.
    fn take(&self, inner: &mut Inner<T>, into: &mut VecDeque<Kept<T::Output>>) -> bool {
        while let Some(outcome) = inner.outcomes.get_mut(inner.read) {
            match outcome.take() {
                Some(outcome) => into.push_back(outcome),
                None => return true,
            }
            inner.read += 1;
        }
        false
    }

    /// Waits until at least one outcome could be moved to `into`, or all were read already.
    pub(super) fn read(&self, into: &mut VecDeque<Kept<T::Output>>, deadline: Option<Instant>) -> Result<(), TimedOut> {
        let taken = |into: &mut VecDeque<_>| !self.take(&mut self.lock(), into) || !into.is_empty();
        if search(|| taken(into).then_some(())).is_some() {
            return Ok(());
        }
        let mut inner = self.lock();
        while self.take(&mut inner, into) && into.is_empty() {
            inner.awaited = true;
            inner = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.ready.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    inner.awaited = false;
                    return Err(TimedOut);
                }
                Some(left) => self.ready.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        inner.awaited = false;
        Ok(())
    }

    /// The same without waiting.
    pub(super) fn read_what_is_there(&self, into: &mut VecDeque<Kept<T::Output>>) {
        self.take(&mut self.lock(), into);
    }
}
