//! The places of a piece, for its items and their outcomes, without a lock.
//!
//! Measured, a mutex for each item was most of what an item of 10 ns took, and items and outcomes in the same places
//! cost more than places of their own: a worker only reads the items, so their lines of memory are handed over once.
//! This is the only `unsafe` of the thread executor; each function says who may call it, and
//! [`Part`](super::part::Part) says why that is one thread.
#![allow(unsafe_code)]

use super::super::sync::{AtomicBool, Ordering, UnsafeCell};
use poolproof_harness::{Failure, Task};
use std::mem::MaybeUninit;
use std::sync::atomic::AtomicUsize;

/// An outcome as it is kept: small where it usually is.
pub(super) type Kept<V> = Result<V, Box<Failure>>;

/// A place for each item of a piece, and one for its outcome.
pub(super) struct Places<T: Task> {
    /// Full until they are taken. Every one is, by whoever claims its position, or they are leaked.
    items: Vec<UnsafeCell<MaybeUninit<T>>>,
    outcomes: Vec<UnsafeCell<MaybeUninit<Kept<T::Output>>>>,
    /// Whether the outcome is there, or was.
    there: Vec<AtomicBool>,
    /// So many outcomes were taken, in order. For the reader, and then for who drops the last reference: that one is
    /// ordered by `Arc`, which loom does not watch, so this is an atomic of std even there.
    read: AtomicUsize,
}

// SAFETY: a shared reference moves items and outcomes from thread to thread, and both may be moved; each place is
// touched by one thread at a time: by who claimed the position, and once `there` says so by the reader.
unsafe impl<T: Task> Sync for Places<T> {}

impl<T: Task> Places<T> {
    /// Reads at most `length` items, fewer only at the end of the input.
    pub(super) fn read_from(tasks: &mut dyn Iterator<Item = T>, length: usize) -> Self {
        let items: Vec<_> = tasks.take(length).map(|item| UnsafeCell::new(MaybeUninit::new(item))).collect();
        // Nothing is written here: the worker that puts the first outcome in has the memory fresh.
        let outcomes = items.iter().map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect();
        let there = items.iter().map(|_| AtomicBool::new(false)).collect();
        Self { items, outcomes, there, read: AtomicUsize::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes the item out.
    ///
    /// # Safety
    ///
    /// Only for the thread that has claimed this position, once.
    pub(super) unsafe fn take_item(&self, position: usize) -> T {
        // SAFETY: it was full from the beginning, and nobody else takes it or will.
        self.items[position].with(|item| unsafe { (*item).assume_init_read() })
    }

    /// Puts the outcome in, and publishes it.
    ///
    /// # Safety
    ///
    /// Only for the thread that has claimed this position, once.
    pub(super) unsafe fn put(&self, position: usize, outcome: Kept<T::Output>) {
        // SAFETY: nobody else has claimed it, and the reader waits for `there`.
        self.outcomes[position].with_mut(|place| unsafe { (*place).write(outcome) });
        // Pairs with that of `is_there`: who reads `true` sees the outcome.
        self.there[position].store(true, Ordering::Release);
    }

    /// Whether the next outcome is there; `None` if all were read.
    pub(super) fn is_there(&self) -> Option<bool> {
        Some(self.there.get(self.read())?.load(Ordering::Acquire))
    }

    /// How many outcomes were read; for the reader.
    pub(super) fn read(&self) -> usize {
        // Relaxed: only one thread writes it, which is handed over whole.
        self.read.load(Ordering::Relaxed)
    }

    /// Takes the next outcome out.
    ///
    /// # Safety
    ///
    /// Only for the one reader, after [`Places::is_there`] said that it is there.
    pub(super) unsafe fn take_outcome(&self) -> Kept<T::Output> {
        let position = self.read();
        // Never again, also when it is dropped.
        self.read.store(position + 1, Ordering::Relaxed);
        // SAFETY: it was put in, whoever did so has done with the place, and nobody else takes it.
        self.outcomes[position].with(|place| unsafe { (*place).assume_init_read() })
    }
}

impl<T: Task> Drop for Places<T> {
    fn drop(&mut self) {
        while self.is_there() == Some(true) {
            // SAFETY: nobody else has a reference, and it is there.
            drop(unsafe { self.take_outcome() });
        }
    }
}
