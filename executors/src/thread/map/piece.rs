//! A piece of a map: some items in a row, and their outcomes.

use super::super::sync::{Arc, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, frequent, rare, search_for_next};
use super::part::Part;
use super::places::{Kept, Places};
use poolproof_harness::{Failure, Task, TimedOut, contain, run_caught};
use std::ops::Range;
use std::sync::PoisonError;
use std::time::Instant;

/// The reader sleeps for no outcome.
const NONE: usize = usize::MAX;

/// Some items in a row.
pub(super) struct Piece<T: Task> {
    places: Places<T>,
    /// The reader sleeps until the outcome at this position is there. Set under the mutex.
    awaited: AtomicUsize,
    /// Every position that nobody has claimed is in one of these, once the piece was begun.
    parts: Mutex<Vec<Arc<Part>>>,
    ready: Condvar,
}

/// A part of a piece, in the hands of its one owner.
pub(super) struct Share<T: Task> {
    pub(super) piece: Arc<Piece<T>>,
    part: Arc<Part>,
}

/// What the reader finds.
pub(super) enum Next<V> {
    Outcome(Kept<V>),
    Later,
    End,
}

impl<T: Task> Piece<T> {
    pub(super) fn new(tasks: &mut dyn Iterator<Item = T>, length: usize) -> Self {
        Self {
            places: Places::read_from(tasks, length),
            awaited: AtomicUsize::new(NONE),
            parts: Mutex::new(Vec::new()),
            ready: Condvar::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Part>>> {
        // Every change under the mutex is complete before anything can panic.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn share(self: &Arc<Self>, parts: &mut Vec<Arc<Part>>, positions: Range<usize>) -> Share<T> {
        let part = Arc::new(Part::new(positions));
        parts.push(Arc::clone(&part));
        Share { piece: Arc::clone(self), part }
    }

    /// Everything; for the one who took the piece off the list of those that nobody had begun.
    pub(super) fn begin(self: &Arc<Self>) -> Share<T> {
        self.share(&mut self.lock(), 0..self.len())
    }

    /// Half of what an owner has left, for somebody who has nothing to do. `None` if every item was claimed.
    pub(super) fn divide(self: &Arc<Self>) -> Option<Share<T>> {
        let mut parts = self.lock();
        parts.retain(|part| part.left() > 0);
        let positions = parts.iter().map(|part| part.halve()).find(|positions| !positions.is_empty())?;
        Some(self.share(&mut parts, positions))
    }

    /// How many items nobody has claimed, at most; of a piece that was begun.
    pub(super) fn left(&self) -> usize {
        self.lock().iter().map(|part| part.left()).sum()
    }

    /// What has not started never will, and has `failure` as its outcome.
    pub(super) fn end(&self, failure: &Failure) {
        let parts = self.lock();
        let taken: Vec<_> = parts.iter().filter(|part| part.left() > 0).map(|part| part.empty()).collect();
        drop(parts);
        self.fail(taken.into_iter().flatten(), failure);
    }

    /// The same, for the one who took the piece off the list of those that nobody had begun.
    pub(super) fn end_whole(&self, failure: &Failure) {
        self.fail(0..self.len(), failure);
    }

    /// Gives these positions, which the caller has claimed, `failure` as their outcome.
    fn fail(&self, positions: impl Iterator<Item = usize>, failure: &Failure) {
        let mut dropped = Vec::new();
        for position in positions {
            // SAFETY: the caller has claimed them.
            #[allow(unsafe_code)]
            unsafe {
                dropped.push(self.places.take_item(position));
                self.places.put(position, Err(Box::new(failure.clone())));
            }
        }
        if !dropped.is_empty() {
            // A reader that looked before has told, under the mutex, what it sleeps for.
            self.wake();
        }
        // What an item carries is foreign code, which may panic, and may use the executor.
        for item in dropped {
            let _ = contain(|| drop(item));
        }
    }

    /// Runs the item at a position that the caller has claimed.
    #[inline]
    fn run(&self, position: usize) {
        // SAFETY: the caller has claimed it.
        #[allow(unsafe_code)]
        let item = unsafe { self.places.take_item(position) };
        let outcome = run_caught(item).map_err(Box::new);
        // SAFETY: the same.
        #[allow(unsafe_code)]
        unsafe {
            self.places.put(position, outcome);
        }
        // The reader writes what it sleeps for, passes the rare fence and looks for the outcome: one of the two sees
        // what the other wrote.
        frequent();
        if self.awaited.load(Ordering::Relaxed) == position {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        let parts = self.lock();
        let asleep = self.awaited.load(Ordering::Relaxed) != NONE;
        self.awaited.store(NONE, Ordering::Relaxed);
        drop(parts);
        if asleep {
            self.ready.notify_one();
        }
    }

    /// The next outcome, if it is there; for the one reader.
    #[inline]
    pub(super) fn take(&self) -> Next<T::Output> {
        match self.places.is_there() {
            None => Next::End,
            Some(false) => Next::Later,
            // SAFETY: it is there, and there is one reader.
            #[allow(unsafe_code)]
            Some(true) => Next::Outcome(unsafe { self.places.take_outcome() }),
        }
    }

    /// Waits until the next outcome is there; for the one reader, and not at the end.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Result<(), TimedOut> {
        let look = || self.places.is_there() != Some(false);
        if search_for_next(|| look().then_some(())).is_some() {
            return Ok(());
        }
        let position = self.places.read();
        let mut parts = self.lock();
        loop {
            if self.awaited.load(Ordering::Relaxed) != position {
                self.awaited.store(position, Ordering::Relaxed);
                rare();
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let there = look();
            if there || left.is_some_and(|left| left.is_zero()) {
                self.awaited.store(NONE, Ordering::Relaxed);
                return if there { Ok(()) } else { Err(TimedOut) };
            }
            parts = match left {
                None => self.ready.wait(parts).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.ready.wait_timeout(parts, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}

impl<T: Task> Share<T> {
    /// Runs items until none is left to start, and calls `between` between them.
    pub(super) fn run(self, between: impl Fn()) -> Arc<Piece<T>> {
        // The part has one owner, so a position is claimed once.
        while let Some(position) = self.part.claim(|| self.piece.lock()) {
            self.piece.run(position);
            between();
        }
        self.piece
    }
}
