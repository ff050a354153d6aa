//! What a cell holds beside the state: its task, or who can bring the outcome.

use super::slot::Handed;
use crate::{Attendant, Outcome, Task, contain, run_caught};
use std::sync::{Arc, OnceLock};

/// What a cell holds until the task starts or is cancelled.
///
/// # Safety
///
/// The first two are for the owner of the cell alone, and at most one of them is called, once.
#[allow(unsafe_code)]
pub(crate) trait Held<T>: Send + Sync {
    /// Runs it, if there is something to run.
    unsafe fn run(&self) -> Option<Outcome<T>>;
    /// Drops it.
    unsafe fn release(&self);
    /// Says who can bring the outcome here; for anybody.
    fn place(&self, attendant: Arc<dyn Attendant>) {
        drop(attendant);
    }
    /// Who can bring the outcome here; for anybody.
    fn attendant(&self) -> Option<&dyn Attendant> {
        None
    }
    /// Whether somebody may bring the outcome here, now or later.
    fn is_attended(&self) -> bool {
        false
    }
}

/// Nothing is held.
#[allow(unsafe_code)]
impl<T> Held<T> for () {
    unsafe fn run(&self) -> Option<Outcome<T>> {
        None
    }
    unsafe fn release(&self) {}
}

/// The task is elsewhere, and once it is known where, there is somebody who can bring its outcome.
#[derive(Default)]
pub(crate) struct Attended(OnceLock<Arc<dyn Attendant>>);

#[allow(unsafe_code)]
impl<T> Held<T> for Attended {
    unsafe fn run(&self) -> Option<Outcome<T>> {
        None
    }

    unsafe fn release(&self) {}

    fn place(&self, attendant: Arc<dyn Attendant>) {
        // A task that is sent once more, because a worker died, keeps who it had first: that one
        // finds nothing, and the waiter waits as anybody does.
        let _ = self.0.set(attendant);
    }

    fn attendant(&self) -> Option<&dyn Attendant> {
        self.0.get().map(|attendant| &**attendant)
    }

    fn is_attended(&self) -> bool {
        true
    }
}

/// A task that waits in its own cell.
pub(crate) struct Parked<K>(Handed<K>);

impl<K> Parked<K> {
    pub(super) fn of(task: K) -> Self {
        Self(Handed::new(task))
    }
}

#[allow(unsafe_code)]
impl<K: Task> Held<K::Output> for Parked<K> {
    unsafe fn run(&self) -> Option<Outcome<K::Output>> {
        // SAFETY: the caller owns the cell.
        unsafe { self.0.take() }.map(run_caught)
    }

    unsafe fn release(&self) {
        // SAFETY: the caller owns the cell.
        let task = unsafe { self.0.take() };
        // A destructor that panics is the task's own misfortune, not the canceller's.
        let _ = contain(|| drop(task));
    }
}
