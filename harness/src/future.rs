//! The future trait: what a submitter holds.

use crate::{Outcome, TimedOut, Unsupported};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The three predicates of a future, read at one moment.
///
/// | future | running | done | cancelled |
/// | --- | --- | --- | --- |
/// | pending | false | false | false |
/// | running | true | false | false |
/// | finished | false | true | false |
/// | cancelled | false | true | true |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// A worker is executing the task.
    pub running: bool,
    /// It finished or was cancelled.
    pub done: bool,
    /// It was cancelled before it started.
    pub cancelled: bool,
}

impl State {
    /// Accepted, not started.
    pub const PENDING: Self = Self { running: false, done: false, cancelled: false };
    /// Being executed.
    pub const RUNNING: Self = Self { running: true, done: false, cancelled: false };
    /// Done, with a value or a failure of its own.
    pub const FINISHED: Self = Self { running: false, done: true, cancelled: false };
    /// Done, because it was cancelled.
    pub const CANCELLED: Self = Self { running: false, done: true, cancelled: true };
}

/// Names one registration made by [`Future::watch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchId(pub u64);

/// Is told when a watched future is done; what `wait` and `as_completed` are built on.
pub trait Watcher: Send + Sync {
    /// The future registered under `key` is done. `failed` means with a failure that is not a
    /// cancellation. Called exactly once per registration, from any thread; must not block.
    fn completed(&self, key: usize, failed: bool);
}

/// The caller's end of a submitted task.
///
/// Two methods are required; an executor whose futures offer more overrides the rest and says so
/// in its [`Profile`](crate::Profile).
pub trait Future<T>: Send + Sync + 'static {
    /// Waits until the task is done, at most `timeout` (`None`: without limit; zero: polls).
    ///
    /// # Errors
    ///
    /// [`TimedOut`] when the limit passed first; the task goes on, and asking again is allowed.
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut>;

    /// The same for who has the future alone, which may save what guards it from others. Asking again is allowed.
    ///
    /// # Errors
    ///
    /// As [`Future::result`].
    fn result_alone(&mut self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        self.result(timeout)
    }

    /// The predicates now. Never blocks.
    fn state(&self) -> State;

    /// Runs the task here and now, if it has not started and the calling thread is a worker of its
    /// executor that may; `true` if so. A worker that is about to wait for the task calls this.
    fn assist(&self) -> bool {
        false
    }

    /// Cancels the task if it has not started; `true` means that it is cancelled and never runs.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] unless overridden.
    fn cancel(&self) -> Result<bool, Unsupported> {
        Err(Unsupported)
    }

    /// Calls `callback` once when the future is done: at once and in the calling thread if it
    /// already is, otherwise in registration order in the thread that completes it.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] unless overridden.
    fn on_done(&self, callback: Box<dyn FnOnce() + Send>) -> Result<(), Unsupported> {
        drop(callback);
        Err(Unsupported)
    }

    /// Registers a watcher. If the future is done already it is told at once.
    ///
    /// # Errors
    ///
    /// [`Unsupported`] unless overridden; `wait` and `as_completed` are then unsupported too.
    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        let _ = (watcher, key);
        Err(Unsupported)
    }

    /// Takes a registration back, so that an abandoned wait leaves nothing behind.
    fn unwatch(&self, id: WatchId) {
        let _ = id;
    }
}
