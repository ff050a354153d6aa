//! Whose worker a thread is.
//!
//! A worker that waits for a task which no worker has taken may run it itself, if it belongs to
//! the same executor. So an executor that says who its workers are never deadlocks by nesting:
//! follow the chain from a worker to the task that it waits for, and from there to the worker that
//! runs it; the chain ends at a task that does not wait, for tasks can only wait for tasks that
//! they know, or at a waiter that runs the task itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

thread_local! {
    static EXECUTOR: Cell<u32> = const { Cell::new(0) };
}

/// Names an executor whose workers run what they wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutorId(u32);

impl ExecutorId {
    /// A new name.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "each call gives another name")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // After four thousand million executors the names begin again; nobody's is left out.
        Self(NEXT.fetch_add(1, Ordering::Relaxed).max(1))
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// Makes the calling thread a worker of this executor, for good.
    pub fn enter(self) {
        EXECUTOR.set(self.0);
    }

    /// Whether the calling thread is one of its workers.
    #[must_use]
    pub fn is_mine(self) -> bool {
        EXECUTOR.get() == self.0
    }
}

/// Whether the calling thread is a worker of the executor with this number; 0 is none.
pub(crate) fn works_for(executor: u32) -> bool {
    executor != 0 && EXECUTOR.get() == executor
}

/// Whether the calling thread is a worker of any executor that runs what it waits for.
pub(crate) fn is_worker() -> bool {
    EXECUTOR.get() != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_works_for_the_executor_that_it_entered() {
        let (one, other) = (ExecutorId::new(), ExecutorId::new());
        std::thread::spawn(move || {
            assert!(!one.is_mine() && !works_for(0));
            one.enter();
            assert!(one.is_mine() && !other.is_mine() && works_for(one.number()) && !works_for(0));
        })
        .join()
        .unwrap();
    }
}
