//! Threads under a global interpreter lock, with CPython's rules.
//!
//! A [`Gil`] is a lock that anyone can put around tasks; a [`GilExecutor`] is a thread executor
//! whose workers hold one while they initialise, run tasks and call back. Whoever submits is not
//! under it.
//!
//! # States
//!
//! ```text
//! free --acquire--> held --a waiter's interval ends--> held, asked for
//!   ^                |                                    |
//!   +----release-----+                    release, and wait until another thread has taken it
//! ```
//!
//! # Who wakes whom
//!
//! One mutex guards the state. A thread that finds the lock held sleeps on `freed`, at most for
//! the switch interval. If the interval passes and nobody took the lock in the meantime, it
//! *asks*: it sets a flag, which the holder reads at its next [`checkpoint`] without touching the
//! mutex. A release wakes one waiter.
//!
//! The lock is *handed over by force*: a holder that was asked does not come back for the lock
//! until another thread has taken it, and sleeps on `taken` until then. Without that rule the
//! holder, awake and in the cache, would take the lock again before the waiter has woken up.
//!
//! # Why nobody waits for ever
//!
//! The flag is only set by a thread that waits for the lock and leaves only with it, and it is
//! cleared by whoever takes the lock. So a holder that finds it set has a waiter that will take
//! the lock, and a waiter that loses the race to another one asks again after an interval.
//!
//! # What releases it
//!
//! [`checkpoint`], if somebody asked; [`blocking`] around calls that block, also when nobody did;
//! and the end of the task. Sleeping, sockets, files, gates and waiting for a future are inside
//! [`blocking`] already.
//!
//! [`checkpoint`]: poolproof_harness::checkpoint
//! [`blocking`]: poolproof_harness::blocking

mod executor;
mod lock;
mod native;
mod timeline;

pub use executor::GilExecutor;
pub use lock::{Gil, GilCounts};
pub use native::GilNative;
pub use timeline::Turn;
