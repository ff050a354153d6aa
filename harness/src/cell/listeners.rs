//! Who is told when a cell is done: callbacks, watchers and wakers.
//!
//! Most cells have none, so the list is made by the first registration; a cell without one has a
//! null pointer. Who completes the cell *closes* the list under its mutex and so takes everything
//! out, once. A registration that finds it closed is told by the registering thread instead.

use super::Callbacks;
use super::sync::{AtomicPtr, Mutex, Ordering};
use crate::{WatchId, Watcher};
use std::sync::{Arc, PoisonError};
use std::task::Waker;

/// What is registered.
#[derive(Default)]
pub(super) struct Registered {
    pub(super) callbacks: Vec<Box<dyn FnOnce() + Send>>,
    pub(super) watchers: Vec<(WatchId, usize, Arc<dyn Watcher>)>,
    pub(super) wakers: Vec<(u32, Waker)>,
    next: u32,
    closed: bool,
}

impl Registered {
    /// A number that names a registration of this cell.
    pub(super) fn number(&mut self) -> u32 {
        // Zero is nobody's.
        self.next = self.next.wrapping_add(1).max(1);
        self.next
    }
}

/// The list, if there is one.
pub(super) struct Listeners(AtomicPtr<Mutex<Registered>>);

impl Listeners {
    pub(super) fn none() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn list(&self) -> Option<&Mutex<Registered>> {
        let list = self.0.load(Ordering::Acquire);
        // SAFETY: a pointer that is not null came from a box in `make`, and is freed by `drop` alone.
        #[allow(unsafe_code)]
        unsafe {
            list.as_ref()
        }
    }

    /// Makes the list if it is not there.
    pub(super) fn make(&self) {
        if !self.0.load(Ordering::Acquire).is_null() {
            return;
        }
        let list = Box::into_raw(Box::new(Mutex::new(Registered::default())));
        let null = std::ptr::null_mut();
        if self.0.compare_exchange(null, list, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first; nobody has seen this box.
            #[allow(unsafe_code)]
            drop(unsafe { Box::from_raw(list) });
        }
    }

    /// Changes the list, unless it is closed or was never made.
    pub(super) fn open<R>(&self, change: impl FnOnce(&mut Registered) -> R) -> Option<R> {
        let mut list = self.list()?.lock().unwrap_or_else(PoisonError::into_inner);
        (!list.closed).then(|| change(&mut list))
    }

    /// Closes the list and takes out what is in it; the watchers and wakers are told, the
    /// callbacks are given back to be called.
    pub(super) fn close(&self, failed: bool) -> Callbacks {
        let Some(list) = self.list() else { return Callbacks::default() };
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        list.closed = true;
        let Registered { callbacks, watchers, wakers, .. } = std::mem::take(&mut *list);
        list.closed = true;
        drop(list);
        for (_, key, watcher) in watchers {
            watcher.completed(key, failed);
        }
        for (_, waker) in wakers {
            // A waker is foreign code; its panic is not the worker's.
            let _ = crate::contain(|| waker.wake());
        }
        Callbacks::of(callbacks)
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        self.open(|list| (list.watchers.len(), list.wakers.len())).unwrap_or_default()
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        // Nobody else refers to a cell that is dropped, and what others did to it has happened.
        let list = self.0.load(Ordering::Relaxed);
        if !list.is_null() {
            // SAFETY: made by `make`, and freed here alone.
            #[allow(unsafe_code)]
            drop(unsafe { Box::from_raw(list) });
        }
    }
}
