//! The side of a cell that is told: how callbacks, watchers and wakers get in and out.

use super::listeners::Registered;
use super::sync::Ordering;
use super::{CALLS, Cell, DONE, HEARD, Held, PHASE};
use crate::{Outcome, WatchId, Watcher, contain};
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

impl<T, H: Held<T> + ?Sized> Cell<T, H> {
    /// Changes the list of listeners, or gives `None` if the cell is done.
    fn listen<R>(&self, change: impl FnOnce(&mut Registered) -> R) -> Option<R> {
        self.listen_as(HEARD, change)
    }

    /// The same, and sets these flags.
    fn listen_as<R>(&self, flags: u32, change: impl FnOnce(&mut Registered) -> R) -> Option<R> {
        if self.is_done() {
            return None;
        }
        self.listeners.make();
        if self.state.fetch_or(flags, Ordering::AcqRel) & PHASE == DONE {
            return None;
        }
        self.listeners.open(change)
    }

    pub(crate) fn on_done(&self, callback: Box<dyn FnOnce() + Send>) {
        let mut callback = Some(callback);
        self.listen_as(HEARD | CALLS, |list| list.callbacks.extend(callback.take()));
        // The list was closed: the cell is done.
        callback.into_iter().for_each(call_back);
    }

    pub(crate) fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> WatchId {
        let mut watcher = Some(watcher);
        let id = self.listen(|list| {
            let id = WatchId(u64::from(list.number()));
            list.watchers.extend(watcher.take().map(|watcher| (id, key, watcher)));
            id
        });
        if let Some(watcher) = watcher {
            watcher.completed(key, self.is_failed());
        }
        id.unwrap_or(WatchId(0))
    }

    pub(crate) fn unwatch(&self, id: WatchId) {
        let taken = self.listeners.open(|list| {
            let at = list.watchers.iter().position(|(known, _, _)| *known == id);
            at.map(|at| list.watchers.remove(at))
        });
        // Dropped outside the mutex.
        drop(taken);
    }

    /// The outcome; or else `waker` is woken when it is there, in place of the one that `number`
    /// named before.
    pub(crate) fn poll_or_wake(&self, number: &mut u32, waker: &Waker) -> Option<Outcome<T>>
    where
        T: Clone,
    {
        let mut replaced = None;
        let mut fresh = Some(waker.clone());
        let listening = self.listen(|list| {
            if let Some((_, known)) = list.wakers.iter_mut().find(|(known, _)| known == number) {
                replaced = fresh.take().map(|fresh| std::mem::replace(known, fresh));
            } else {
                *number = list.number();
                list.wakers.extend(fresh.take().map(|fresh| (*number, fresh)));
            }
        });
        drop(replaced);
        if listening.is_some() { None } else { self.poll() }
    }

    /// Forgets the waker that `number` names.
    pub(crate) fn forget(&self, number: u32) {
        let taken = self.listeners.open(|list| {
            let at = list.wakers.iter().position(|(known, _)| *known == number);
            at.map(|at| list.wakers.swap_remove(at))
        });
        drop(taken);
    }
}

/// The callbacks of a future that is done, in the order in which they were registered.
///
/// Dropping them without a call loses them.
#[derive(Default)]
#[must_use = "whoever registered the callbacks waits for them"]
pub struct Callbacks(Vec<Box<dyn FnOnce() + Send>>);

impl Callbacks {
    pub(super) fn of(callbacks: Vec<Box<dyn FnOnce() + Send>>) -> Self {
        Self(callbacks)
    }

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

/// Runs a callback; its panic is reported by the panic hook and goes no further.
fn call_back(callback: Box<dyn FnOnce() + Send>) {
    let _ = contain(callback);
}
