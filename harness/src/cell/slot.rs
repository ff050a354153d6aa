//! Two places in a cell that the state word guards instead of a mutex.
//!
//! Measured, they save a task two uncontended mutexes, some 20 ns of about 100. This is the only
//! `unsafe` of the cell; each function says who may call it, and [`Cell`](super::Cell) says why
//! that is so.
#![allow(unsafe_code)]

use super::sync::UnsafeCell;

/// A value that was put in when the cell was made and is taken out once.
pub(super) struct Handed<K>(UnsafeCell<Option<K>>);

// SAFETY: a shared reference only ever moves the value out, in the one thread that may take it.
unsafe impl<K: Send> Sync for Handed<K> {}

impl<K> Handed<K> {
    pub(super) fn new(value: K) -> Self {
        Self(UnsafeCell::new(Some(value)))
    }

    /// The value, if it is still there.
    ///
    /// # Safety
    ///
    /// Only for the thread that made the cell leave `pending`, which is one thread, once.
    pub(super) unsafe fn take(&self) -> Option<K> {
        // SAFETY: nobody else calls this, and nothing else looks inside.
        self.0.with_mut(|value| unsafe { (*value).take() })
    }
}

/// A value that is written once and read by everybody afterwards.
pub(super) struct Published<V>(UnsafeCell<Option<V>>);

// SAFETY: shared references write it in one thread, and read it in others only after that.
unsafe impl<V: Send + Sync> Sync for Published<V> {}

impl<V> Published<V> {
    pub(super) fn empty() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// Writes the value.
    ///
    /// # Safety
    ///
    /// Only for the thread that made the cell leave `pending`, once, before it makes it `done`.
    pub(super) unsafe fn write(&self, value: V) {
        // SAFETY: nobody reads before the cell is done, and nobody else writes.
        self.0.with_mut(|place| unsafe { *place = Some(value) });
    }

    /// The value, for who has the place alone.
    pub(super) fn take(&mut self) -> Option<V> {
        // SAFETY: nobody else has a reference to it.
        self.0.with_mut(|value| unsafe { (*value).take() })
    }

    /// Looks at the value, if there is one.
    ///
    /// # Safety
    ///
    /// Only after the state was read as `done`, with acquire ordering.
    pub(super) unsafe fn read<R>(&self, look: impl FnOnce(Option<&V>) -> R) -> R {
        // SAFETY: what was written happened before the state became done, and nothing is written
        // afterwards.
        self.0.with(|value| look(unsafe { (*value).as_ref() }))
    }
}
