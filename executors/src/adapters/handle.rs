//! A crate's own handle as a future of the harness.
//!
//! The handle alone carries the result: it is waited for as the crate intends, and what it does with
//! a panic, is the crate's doing. The harness adds what handles do not have:
//! a time limit, more than one thread that waits, the `running` predicate, callbacks and watchers.
//!
//! # Who wakes whom
//!
//! A handle wakes one waker, the last that it was polled with. As long as a single thread waits,
//! that is the waker of this thread, and nothing is allocated. The first that wants more moves the
//! handle into a `Pump`, whose waker polls the handle in the thread that completes it and then
//! resolves a promise; all others go by the future of that promise. The thread that waited alone
//! until then is woken by whoever moved the handle, and finds the future in its place. Every poll
//! and the move happen under the mutex of the place, so there is no moment at which the handle
//! holds the waker of somebody who does not look any more.
//!
//! # What it costs
//!
//! A caller who waits alone pays for one uncontended mutex and one poll. A future is no larger than it
//! must be, because callers keep many: what only the other ways need is in a box. A handle that
//! was used up is dropped with the future: until then it is memory that the crate has taken anyway.

use super::pump::Pump;
use super::started::Started;
use poolproof_harness::{
    CellFuture, Failure, Future, Outcome, Payload, Promise, State, TimedOut, Unsupported, WatchId, Watcher, blocking,
};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What a crate hands out for a task.
pub trait Handle<T>: Send + 'static {
    /// Gives the handle up; the task goes on.
    fn let_go(self);

    /// Polls it; not called again after it was ready.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<T>>;
}

/// The future of a task whose crate has handles.
pub struct Handled<T, H: Handle<T>> {
    started: Started,
    place: Mutex<Place<T, H>>,
}

/// Where the handle is.
enum Place<T, H> {
    /// Here; a thread may wait for it alone.
    Here { handle: H, waiter: Option<Thread> },
    /// In a pump.
    There { future: Box<CellFuture<T>> },
    /// It was let go, or is being moved.
    Gone,
    /// It was used up, and gave this.
    Value { value: T, _spent: H },
    /// It was used up, and gave this. Failures are large and rare.
    Failure { failure: Box<Failure>, _spent: H },
}

impl<T: Payload, H> Place<T, H> {
    /// Keeps what the handle gave, and tells a thread that waits for it alone.
    fn finish(&mut self, outcome: &Outcome<T>) {
        if let Self::Here { handle, waiter } = std::mem::replace(self, Self::Gone) {
            *self = match outcome {
                Ok(value) => Self::Value { value: value.clone(), _spent: handle },
                Err(failure) => Self::Failure { failure: Box::new(failure.clone()), _spent: handle },
            };
            waiter.into_iter().for_each(|thread| thread.unpark());
        }
    }

    /// What the handle gave, if it was used up.
    fn finished(&self) -> Option<Outcome<T>> {
        match self {
            Self::Value { value, .. } => Some(Ok(value.clone())),
            Self::Failure { failure, .. } => Some(Err(Failure::clone(failure))),
            Self::Here { .. } | Self::There { .. } | Self::Gone => None,
        }
    }
}

impl<T, H: Handle<T>> fmt::Debug for Handled<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handled").field("started", &self.started).finish_non_exhaustive()
    }
}

impl<T: Payload, H: Handle<T>> Handled<T, H> {
    /// The future of the task that `handle` belongs to, and that notes its start with `started`.
    pub fn new(started: Started, handle: H) -> Self {
        Self { started, place: Mutex::new(Place::Here { handle, waiter: None }) }
    }

    fn place(&self) -> MutexGuard<'_, Place<T, H>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome, if the task has ended: what its worker has done, the crate is about to hand over.
    fn settled(&self) -> Option<Outcome<T>> {
        loop {
            // In this order: a handle may be completed between two looks, and is never taken back.
            let ended = self.started.has_ended();
            let outcome = self.polled();
            if outcome.is_some() || !ended {
                return outcome;
            }
            thread::yield_now();
        }
    }

    /// The outcome, if the handle is ready now. It keeps the waker that it has.
    fn polled(&self) -> Option<Outcome<T>> {
        let mut place = self.place();
        if let Place::Here { handle, waiter } = &mut *place {
            let waker = waiter.clone().map_or_else(|| Waker::noop().clone(), waker_of);
            let Poll::Ready(outcome) = handle.poll(&mut Context::from_waker(&waker)) else { return None };
            place.finish(&outcome);
            return Some(outcome);
        }
        match &*place {
            Place::There { future } => future.result(Some(Duration::ZERO)).ok(),
            place => place.finished(),
        }
    }

    /// The future that several may wait for.
    fn shared(&self) -> Result<CellFuture<T>, Outcome<T>> {
        if let Some(outcome) = self.settled() {
            return Err(outcome);
        }
        let mut place = self.place();
        if matches!(&*place, Place::Here { .. }) {
            let (promise, future) = Promise::pair();
            let pump = Arc::new(Pump::new());
            let before = std::mem::replace(&mut *place, Place::There { future: Box::new(future) });
            if let Place::Here { handle, waiter } = before {
                pump.fill(handle, promise);
                waiter.into_iter().for_each(|thread| thread.unpark());
            }
        }
        match &*place {
            Place::There { future } => Ok(CellFuture::clone(future)),
            place => Err(place.finished().expect("it was moved above, and is let go only at the end")),
        }
    }

    /// Waits alone, until the handle is ready, is moved, or `deadline` passed.
    fn alone(&self, own: &Waker, deadline: Option<Instant>) -> Result<Outcome<T>, TimedOut> {
        let mut first = true;
        loop {
            let mut place = self.place();
            let Place::Here { handle, waiter } = &mut *place else { break };
            if std::mem::take(&mut first) && waiter.is_some() {
                break;
            }
            if let Poll::Ready(outcome) = handle.poll(&mut Context::from_waker(own)) {
                *waiter = None;
                place.finish(&outcome);
                return Ok(outcome);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                *waiter = None;
                return Err(TimedOut);
            }
            waiter.get_or_insert_with(thread::current);
            drop(place);
            blocking(|| match left {
                None => thread::park(),
                Some(left) => thread::park_timeout(left),
            });
        }
        // Somebody else waits, has moved it, or has used it up.
        match self.shared() {
            Err(outcome) => Ok(outcome),
            Ok(future) => future.result(deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))),
        }
    }
}

/// Calls `body` with the waker of this thread, made once. It is lent: who finds a result need not count it.
fn with_own_waker<R>(body: impl FnOnce(&Waker) -> R) -> R {
    thread_local! {
        static OWN: Waker = waker_of(thread::current());
    }
    OWN.with(body)
}

fn waker_of(thread: Thread) -> Waker {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    Arc::new(Unpark(thread)).into()
}

impl<T: Payload, H: Handle<T>> Future<T> for Handled<T, H> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        if timeout == Some(Duration::ZERO) {
            return self.settled().ok_or(TimedOut);
        }
        // A limit beyond what the clock can represent is no limit.
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        with_own_waker(|own| self.alone(own, deadline))
    }

    fn state(&self) -> State {
        // A thread completes its handle before it starts its next task: what does not run any more
        // at the second look was done before the third.
        if self.settled().is_some() {
            State::FINISHED
        } else if self.started.is_running() {
            State::RUNNING
        } else if self.settled().is_some() {
            State::FINISHED
        } else {
            State::PENDING
        }
    }

    fn on_done(&self, callback: Box<dyn FnOnce() + Send>) -> Result<(), Unsupported> {
        match self.shared() {
            Ok(future) => future.on_done(callback),
            Err(outcome) => resolved(outcome).on_done(callback),
        }
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        match self.shared() {
            Ok(future) => future.watch(watcher, key),
            Err(outcome) => resolved(outcome).watch(watcher, key),
        }
    }

    fn unwatch(&self, id: WatchId) {
        if let Place::There { future } = &*self.place() {
            future.unwatch(id);
        }
    }
}

fn resolved<T: Payload>(outcome: Outcome<T>) -> CellFuture<T> {
    let (promise, future) = Promise::pair();
    promise.complete(outcome);
    future
}

/// Dropping a future detaches its task; in a pump, the task itself keeps the handle alive.
impl<T, H: Handle<T>> Drop for Handled<T, H> {
    fn drop(&mut self) {
        let place = self.place.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Place::Here { handle, .. } = std::mem::replace(place, Place::Gone) {
            handle.let_go();
        }
    }
}
