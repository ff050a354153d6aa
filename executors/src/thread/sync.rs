//! What the pool is built on. Under `cfg(loom)` the same names stand for loom's, so that the models
//! run the pool itself.

#[cfg(not(all(loom, test)))]
pub(super) use poolproof_harness::search;
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
