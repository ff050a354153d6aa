//! What the pool is built on. Under `cfg(loom)` the same names stand for loom's, so that the models
//! run the pool itself.

#[cfg(not(all(loom, test)))]
pub(super) use poolproof_harness::search;
#[cfg(not(all(loom, test)))]
pub(super) use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle, Thread, current, park},
    thread_local,
};

#[cfg(all(loom, test))]
pub(super) use loom::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle, Thread, current, park},
    thread_local,
};

/// Looking twice would only multiply the orders to try.
#[cfg(all(loom, test))]
pub(super) fn search<R>(mut look: impl FnMut() -> Option<R>) -> Option<R> {
    look()
}
