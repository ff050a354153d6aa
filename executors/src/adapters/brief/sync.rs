//! What the lock is built on. Under `cfg(loom)` the same names stand for loom's, so that the models run
//! the lock itself.

use super::Waiting;

#[cfg(not(all(loom, test)))]
pub(super) use self::real::{UnsafeCell, waiting};
#[cfg(not(all(loom, test)))]
pub(super) use poolproof_harness::fences::{frequent, rare};
#[cfg(not(all(loom, test)))]
pub(super) use std::sync::{
    Condvar, Mutex,
    atomic::{AtomicUsize, Ordering},
};

#[cfg(all(loom, test))]
pub(super) use self::modelled::{frequent, frequent as rare, waiting};
#[cfg(all(loom, test))]
pub(super) use loom::{
    cell::UnsafeCell,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

#[cfg(not(all(loom, test)))]
mod real {
    use super::{AtomicUsize, Condvar, Mutex, Waiting};

    /// All that wait.
    #[inline]
    pub(in crate::adapters) fn waiting() -> &'static Waiting {
        static WAITING: Waiting = Waiting { count: AtomicUsize::new(0), mutex: Mutex::new(()), back: Condvar::new() };
        &WAITING
    }

    /// `std`'s cell, in the shape that loom gives it.
    pub(in crate::adapters) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(in crate::adapters) fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(in crate::adapters) fn with_mut<R>(&self, change: impl FnOnce(*mut V) -> R) -> R {
            change(self.0.get())
        }
    }
}

#[cfg(all(loom, test))]
mod modelled {
    use super::{AtomicUsize, Condvar, Mutex, Waiting};
    use loom::sync::atomic::{Ordering, fence};

    loom::lazy_static! {
        static ref WAITING: Waiting =
            Waiting { count: AtomicUsize::new(0), mutex: Mutex::new(()), back: Condvar::new() };
    }

    /// All that wait in this run of a model.
    pub(in crate::adapters) fn waiting() -> &'static Waiting {
        &WAITING
    }

    /// Loom knows no `membarrier`: where the fences stand is modelled, on both sides by full ones, not that one side's
    /// costs less.
    pub(in crate::adapters) fn frequent() {
        fence(Ordering::SeqCst);
    }
}
