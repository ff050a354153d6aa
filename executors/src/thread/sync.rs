//! What the pool is built on. Under `cfg(loom)` the same names stand for loom's, so that the models
//! run the pool itself.

#[cfg(not(all(loom, test)))]
pub(super) use self::real::{UnsafeCell, prepare};
#[cfg(not(all(loom, test)))]
pub(super) use poolproof_harness::{
    fences::{frequent, rare},
    found_more, search, search_for_next,
};
pub(super) use std::sync::Arc;
#[cfg(not(all(loom, test)))]
pub(super) use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence},
    sync::{Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle},
    thread_local,
};

#[cfg(all(loom, test))]
pub(super) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence},
    sync::{Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle},
};

/// Loom's macro knows no `const`.
#[cfg(all(loom, test))]
macro_rules! per_thread {
    ($(#[$note:meta])* static $name:ident: $type:ty = const { $value:expr };) => {
        loom::thread_local! { $(#[$note])* static $name: $type = $value; }
    };
}
#[cfg(all(loom, test))]
pub(super) use per_thread as thread_local;

/// Looking twice would only multiply the orders to try.
#[cfg(all(loom, test))]
pub(super) fn search<R>(mut look: impl FnMut() -> Option<R>) -> Option<R> {
    look()
}

#[cfg(all(loom, test))]
pub(super) use self::search as search_for_next;

#[cfg(all(loom, test))]
pub(super) fn found_more() {}

/// Loom knows no `membarrier`: where the fences stand is modelled, on both sides by full ones, not that one side's
/// costs less.
#[cfg(all(loom, test))]
pub(super) fn frequent() {
    fence(Ordering::SeqCst);
}
#[cfg(all(loom, test))]
pub(super) use self::frequent as rare;
#[cfg(all(loom, test))]
pub(super) fn prepare() {}

#[cfg(not(all(loom, test)))]
mod real {
    /// Finds out which fences there are, so that the frequent one is quick from the start.
    pub(in crate::thread) fn prepare() {
        let _ = poolproof_harness::fences::offered();
    }

    /// `std`'s cell, in the shape that loom gives it.
    pub(in crate::thread) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(in crate::thread) fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(in crate::thread) fn with<R>(&self, look: impl FnOnce(*const V) -> R) -> R {
            look(self.0.get())
        }

        pub(in crate::thread) fn with_mut<R>(&self, change: impl FnOnce(*mut V) -> R) -> R {
            change(self.0.get())
        }
    }
}
