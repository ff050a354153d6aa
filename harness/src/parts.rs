//! Counts of jobs in parts, one for each thread that counts.
//!
//! A thread adds to its own part with a plain store, so that the threads of a busy pool do not take turns at
//! one word of memory, and no job waits for an atomic addition.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What one thread has counted, or, in the last part, all that have no part of their own. It shares its
/// cache line, and the one that is fetched with it, with nothing else.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Part {
    pub(crate) admitted: AtomicUsize,
    pub(crate) left: AtomicUsize,
}

/// What all threads have counted of one pool.
#[derive(Debug, Default)]
pub(crate) struct Parts([Part; OWNED + 1]);

/// How many threads at a time have a part of their own.
const OWNED: usize = 15;

/// Keeps a part for a thread, for as long as it lives. The next thread that has it goes on counting.
struct Mine(usize);

/// Parts that are nobody's.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Of a thread that has not counted yet.
const UNKNOWN: usize = usize::MAX;

thread_local! {
    /// The part of this thread. It has no destructor, so that looking costs nothing.
    static PART: Cell<usize> = const { Cell::new(UNKNOWN) };
    static MINE: Mine = Mine::new();
}

impl Mine {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Of those without a part there are few: the number does not overflow.
        Self(free.unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed).min(OWNED)))
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        // What an ending thread still counts is counted where several count.
        PART.set(OWNED);
        if self.0 < OWNED {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
        }
    }
}

/// The part of this thread, which gets one if it has none.
#[inline]
fn part() -> usize {
    #[cold]
    fn first() -> usize {
        let part = MINE.try_with(|mine| mine.0).unwrap_or(OWNED);
        PART.set(part);
        part
    }
    match PART.get() {
        UNKNOWN => first(),
        part => part,
    }
}

impl Parts {
    /// Adds one to a count of the part of this thread.
    #[inline]
    pub(crate) fn add(&self, count: impl Fn(&Part) -> &AtomicUsize) {
        let mine = part();
        let count = count(&self.0[mine]);
        // Whoever reads the count sees what this thread did before.
        if mine < OWNED {
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        } else {
            count.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn all(&self) -> &[Part] {
        &self.0
    }
}
