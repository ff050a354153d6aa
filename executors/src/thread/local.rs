//! A worker as the others see it: its own queue, and how it is woken.

use super::inlet::Inlet;
use super::sync::{Condvar, Mutex};
use std::sync::PoisonError;

/// One worker's place.
pub(super) struct Local {
    /// What the tasks of this worker submitted, oldest first.
    pub(super) own: Inlet,
    /// It was woken and has not noticed yet.
    woken: Mutex<bool>,
    called: Condvar,
}

impl Local {
    pub(super) fn new() -> Self {
        Self { own: Inlet::new(), woken: Mutex::new(false), called: Condvar::new() }
    }

    /// Sleeps until it is woken.
    pub(super) fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*woken {
            woken = self.called.wait(woken).unwrap_or_else(PoisonError::into_inner);
        }
        *woken = false;
    }

    /// Wakes the worker, which was taken off the list of sleepers.
    pub(super) fn wake(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.called.notify_one();
    }
}
