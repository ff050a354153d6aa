//! Tells those who asked that a task has ended, in the thread that ran it.
//!
//! For handles that their crate wakes under a lock: who is woken there can neither poll the handle nor tell others that it
//! is ready. The worker tells instead, after the task and before it completes the handle. Who is told and wants
//! the outcome waits for the handle for that moment.
//!
//! # Why nobody is left waiting
//!
//! Who asks puts down that it does, passes the rare one of two [`fences`](poolproof_harness::fences), and looks
//! whether the task has ended. A worker notes that a task has ended, passes the frequent fence, and looks whether
//! anybody asks. One of the two fences comes first, and who comes to his later sees what the other did before his. If the
//! worker's note is gone again by then, it has started its next task, and the handle was ready before that.
//!
//! # Memory orderings
//!
//! The count says whether to look at the list at all, and is `Relaxed`: its order with the note is made by the fences.
//! The list has its mutex.

use super::started::Started;
use poolproof_harness::{CellFuture, Failure, Outcome, Promise, fences};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many tasks are asked about.
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// The tasks that are asked about, and what is to be resolved when they end.
static PROMISES: Mutex<BTreeMap<Started, Promise<()>>> = Mutex::new(BTreeMap::new());

/// A future of the end of `task`, about which nobody has asked. Its failure says that the task failed, and no more.
///
/// The caller must look once more whether the task has ended, and [`tell`] if so.
pub(super) fn ask(task: Started) -> CellFuture<()> {
    let (promise, future) = Promise::pair();
    ASKED.fetch_add(1, Ordering::Relaxed);
    PROMISES.lock().unwrap_or_else(PoisonError::into_inner).insert(task, promise);
    fences::rare();
    future
}

/// Nobody asks about `task` any more.
pub(super) fn forget(task: Started) {
    drop(taken(task));
}

/// Tells who asked about `task` that it has ended.
#[cold]
pub(super) fn tell(task: Started, failed: bool) {
    if let Some(promise) = taken(task) {
        promise.complete(ended(failed));
    }
}

/// Whether somebody asks about `task`.
#[cfg(test)]
pub(super) fn is_asked(task: Started) -> bool {
    PROMISES.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&task)
}

fn taken(task: Started) -> Option<Promise<()>> {
    let promise = PROMISES.lock().unwrap_or_else(PoisonError::into_inner).remove(&task)?;
    ASKED.fetch_sub(1, Ordering::Relaxed);
    Some(promise)
}

fn ended(failed: bool) -> Outcome<()> {
    if failed { Err(Failure::Broken("the task failed".into())) } else { Ok(()) }
}

/// Runs `body`, which runs the task and notes its start and its end, and tells who asked, after a panic too.
#[cfg(any(feature = "switchyard", test))]
#[inline]
pub(super) fn telling<T, E>(task: Started, body: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    struct Telling {
        task: Started,
        failed: bool,
    }
    impl Drop for Telling {
        #[inline]
        fn drop(&mut self) {
            fences::frequent();
            if ASKED.load(Ordering::Relaxed) > 0 {
                tell(self.task, self.failed);
            }
        }
    }
    let mut telling = Telling { task, failed: true };
    let result = body();
    telling.failed = result.is_err();
    result
}
