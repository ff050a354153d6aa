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
pub struct Handled<T, H> {
    started: Started,
    place: Mutex<Place<T, H>>,
    /// How a handle is let go: a destructor cannot ask its type.
    let_go: fn(H),
}

/// Where the handle is.
enum Place<T, H> {
    /// Here; a thread may wait for it alone.
    Here { handle: H, waiter: Option<Waker> },
    /// In a pump.
    There { future: CellFuture<T> },
    /// It was let go.
    Gone,
    /// It was used up. Failures are large and rare.
    Done(Result<T, Box<Failure>>),
}

impl<T, H> Place<T, H> {
    fn done(outcome: Outcome<T>) -> Self {
        Self::Done(outcome.map_err(Box::new))
    }
}

fn reported<T: Clone>(done: &Result<T, Box<Failure>>) -> Outcome<T> {
    match done {
        Ok(value) => Ok(value.clone()),
        Err(failure) => Err(Failure::clone(failure)),
    }
}

impl<T, H> fmt::Debug for Handled<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handled").field("started", &self.started).finish_non_exhaustive()
    }
}

impl<T: Payload, H: Handle<T>> Handled<T, H> {
    /// The future of the task that `handle` belongs to, and that notes its start with `started`.
    pub fn new(started: Started, handle: H) -> Self {
        Self { started, place: Mutex::new(Place::Here { handle, waiter: None }), let_go: H::let_go }
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
            let waker = waiter.as_ref().unwrap_or_else(|| Waker::noop());
            let Poll::Ready(outcome) = handle.poll(&mut Context::from_waker(waker)) else { return None };
            waiter.take().into_iter().for_each(Waker::wake);
            *place = Place::done(outcome);
        }
        match &*place {
            Place::Done(done) => Some(reported(done)),
            Place::There { future } => future.result(Some(Duration::ZERO)).ok(),
            Place::Here { .. } | Place::Gone => None,
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
            let before = std::mem::replace(&mut *place, Place::There { future });
            if let Place::Here { handle, waiter } = before {
                pump.fill(handle, promise);
                waiter.into_iter().for_each(Waker::wake);
            }
        }
        match &*place {
            Place::Done(done) => Err(reported(done)),
            Place::There { future } => Ok(future.clone()),
            Place::Here { .. } | Place::Gone => unreachable!("it was moved above, and is let go only at the end"),
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
                *place = Place::done(outcome.clone());
                return Ok(outcome);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                *waiter = None;
                return Err(TimedOut);
            }
            *waiter = Some(own.clone());
            drop(place);
            match left {
                None => thread::park(),
                Some(left) => thread::park_timeout(left),
            }
        }
        // Somebody else waits, or has moved it.
        match self.shared() {
            Err(outcome) => Ok(outcome),
            Ok(future) => future.result(deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))),
        }
    }
}

/// Calls `body` with the waker of this thread, made once. It is lent: who finds a result need not count it.
fn with_own_waker<R>(body: impl FnOnce(&Waker) -> R) -> R {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    thread_local! {
        static OWN: Waker = Arc::new(Unpark(thread::current())).into();
    }
    OWN.with(body)
}

impl<T: Payload, H: Handle<T>> Future<T> for Handled<T, H> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        // A limit beyond what the clock can represent is no limit.
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        if timeout == Some(Duration::ZERO) {
            return self.settled().ok_or(TimedOut);
        }
        blocking(|| with_own_waker(|own| self.alone(own, deadline)))
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
impl<T, H> Drop for Handled<T, H> {
    fn drop(&mut self) {
        let place = self.place.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Place::Here { handle, .. } = std::mem::replace(place, Place::Gone) {
            (self.let_go)(handle);
        }
    }
}
