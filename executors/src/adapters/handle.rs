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
//! and the move happen under the lock of the place, so there is no moment at which the handle
//! holds the waker of somebody who does not look any more.
//!
//! Where the crate holds a lock when it wakes, nobody can poll the handle then. Such a handle stays where it is, and the
//! worker tells all who ask for more that the task has ended (`told`); they take the outcome from the handle.
//!
//! # What it costs
//!
//! A caller who waits alone pays for one poll and for one atomic operation, which takes the lock of the place; the
//! lock is one for a moment (`brief.rs`). Who has the future alone pays for the polls only. A future is no larger than it must be, because callers keep many: what only the other ways need is in a
//! box. A handle that was used up is dropped with the future: until then it is memory that the crate has taken
//! anyway.

mod place;
#[cfg(test)]
mod tests;

use self::place::{Known, Next, Place};
use super::brief::Brief;
use super::started::Started;
use super::told;
use poolproof_harness::{
    CellFuture, Failure, Future, Outcome, Payload, Promise, State, TimedOut, Unsupported, WatchId, Watcher, blocking,
};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What a crate hands out for a task.
pub trait Handle<T>: Send + 'static {
    /// Whether its crate may wake it while it holds a lock that polling the handle takes. Its tasks run in
    /// `told::telling` then, and callbacks are not offered: the handle is not ready when they would be called.
    const IS_WOKEN_LOCKED: bool = false;

    /// Gives the handle up; the task goes on.
    fn let_go(self);

    /// Polls it; not called again after it was ready.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<T>>;

    /// Waits for it to the end; it is not polled any more then.
    #[inline]
    fn join(&mut self) -> Given<T> {
        to_the_end(|context| self.poll(context))
    }
}

/// What a handle gives: an outcome that is small where it usually is.
///
/// An [`Outcome`] is as large as its failures. Handed on, all of it is copied, and a copy made of what was written in
/// smaller pieces a moment ago waits until these have reached memory, some 4 ns each time.
pub type Given<T> = Result<T, Box<Failure>>;

/// The future of a task whose crate has handles.
pub struct Handled<T, H: Handle<T>> {
    started: Started,
    place: Brief<Place<T, H>>,
}

impl<T, H: Handle<T>> fmt::Debug for Handled<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handled").field("started", &self.started).finish_non_exhaustive()
    }
}

impl<T: Payload, H: Handle<T>> Handled<T, H> {
    /// The future of the task that `handle` belongs to, and that notes its start with `started`.
    #[inline]
    pub fn new(started: Started, handle: H) -> Self {
        Self { started, place: Brief::new(Place { handle: Some(handle), known: Known::Nothing }) }
    }

    /// The outcome, if the task has ended: what its worker has done, the crate is about to hand over.
    fn settled(&self) -> Option<Given<T>> {
        loop {
            // In this order: a handle may be completed between two looks, and is never taken back.
            let ended = self.started.has_ended();
            let given = self.polled();
            if given.is_some() || !ended {
                return given;
            }
            thread::yield_now();
        }
    }

    /// The outcome, if the handle is ready now. It keeps the waker that it has.
    fn polled(&self) -> Option<Given<T>> {
        self.place.with(|place| match &place.known {
            Known::Nothing | Known::Told(_) => place.poll(Waker::noop()),
            Known::Awaited(thread) => {
                let waker = waker_of(thread.clone());
                place.poll(&waker)
            }
            Known::Shared(future) => future.result(Some(Duration::ZERO)).ok().map(|outcome| outcome.map_err(Box::new)),
            Known::Value(_) | Known::Failed(_) => place.given(),
        })
    }

    /// The future that several may wait for.
    fn shared(&self) -> Result<CellFuture<T>, Given<T>> {
        match self.settled() {
            Some(given) => Err(given),
            None => self.place.with(Place::share),
        }
    }

    /// The future of the task's end, of which its worker tells.
    fn told(&self) -> Result<CellFuture<()>, Given<T>> {
        if let Some(given) = self.settled() {
            return Err(given);
        }
        let future = self.place.with(|place| place.told(self.started))?;
        // It may have ended before the worker could see that somebody asks; then nobody else takes the promise away.
        if let Some(given) = self.settled() {
            told::tell(self.started, given.is_err());
            return Err(given);
        }
        Ok(future)
    }

    /// Waits with others, until `deadline` passed.
    fn together(&self, deadline: Option<Instant>) -> Result<Given<T>, TimedOut> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if !H::IS_WOKEN_LOCKED {
            return match self.shared() {
                Err(given) => Ok(given),
                Ok(future) => future.result(left).map(|outcome| outcome.map_err(Box::new)),
            };
        }
        match self.told() {
            Err(given) => return Ok(given),
            Ok(future) => drop(future.result(left)?),
        }
        loop {
            // Whoever told of the end is about to complete the handle.
            if let Some(given) = self.polled() {
                return Ok(given);
            }
            thread::yield_now();
        }
    }

    /// Waits alone, until the handle is ready, is moved, or `deadline` passed.
    fn alone(&self, own: &Waker, deadline: Option<Instant>) -> Result<Given<T>, TimedOut> {
        let mut first = true;
        loop {
            match self.place.with(|place| place.attend(own, std::mem::take(&mut first), deadline)) {
                Next::Return(given) => return Ok(given),
                Next::TimeOut => return Err(TimedOut),
                Next::Share => return self.together(deadline),
                Next::Sleep(None) => blocking(thread::park),
                Next::Sleep(Some(left)) => blocking(|| thread::park_timeout(left)),
            }
        }
    }
}

/// Polls by `poll` until it is ready, and sleeps meanwhile.
///
/// From the first time on with the waker of this thread: a handle that was polled with another one would have to exchange
/// them, where its worker is about to use them.
#[inline]
pub(super) fn to_the_end<R>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> R {
    with_own_waker(|own| {
        loop {
            if let Poll::Ready(ready) = poll(&mut Context::from_waker(own)) {
                return ready;
            }
            blocking(thread::park);
        }
    })
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
            return self.settled().map(outcome).ok_or(TimedOut);
        }
        // A limit beyond what the clock can represent is no limit.
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        with_own_waker(|own| self.alone(own, deadline)).map(outcome)
    }

    #[inline]
    fn result_alone(&mut self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        if timeout.is_none()
            && let Some(given) = self.place.get_mut().join()
        {
            // Apart, so that a value is not handed on with the room that a failure takes.
            return match given {
                Ok(value) => Ok(Ok(value)),
                Err(failure) => failed(failure),
            };
        }
        self.result(timeout)
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
        if H::IS_WOKEN_LOCKED {
            return Err(Unsupported);
        }
        match self.shared() {
            Ok(future) => future.on_done(callback),
            Err(given) => resolved(given).on_done(callback),
        }
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        let given = if H::IS_WOKEN_LOCKED {
            match self.told() {
                Ok(future) => return future.watch(watcher, key),
                Err(given) => given,
            }
        } else {
            match self.shared() {
                Ok(future) => return future.watch(watcher, key),
                Err(given) => given,
            }
        };
        resolved(given).watch(watcher, key)
    }

    fn unwatch(&self, id: WatchId) {
        // The future is called without the lock: it may have a lock of its own.
        let (shared, told) = self.place.with(|place| match &place.known {
            Known::Shared(future) => (Some(CellFuture::clone(future)), None),
            Known::Told(future) => (None, Some(CellFuture::clone(future))),
            _ => (None, None),
        });
        if let Some(future) = shared {
            future.unwatch(id);
        }
        if let Some(future) = told {
            future.unwatch(id);
        }
    }
}

/// It is rare; its box comes as it is, so that nothing else is made room for.
#[cold]
#[inline(never)]
#[expect(clippy::boxed_local, reason = "unpacking it here is the point")]
fn failed<T>(failure: Box<Failure>) -> Result<Outcome<T>, TimedOut> {
    Ok(Err(*failure))
}

/// In the words of the harness.
pub(super) fn outcome<T>(given: Given<T>) -> Outcome<T> {
    given.map_err(|failure| *failure)
}

fn resolved<T: Payload>(given: Given<T>) -> CellFuture<T> {
    let (promise, future) = Promise::pair();
    promise.complete(outcome(given));
    future
}

/// Dropping a future detaches its task; in a pump, the task itself keeps the handle alive.
impl<T, H: Handle<T>> Drop for Handled<T, H> {
    fn drop(&mut self) {
        let place = self.place.get_mut();
        if let Known::Told(_) = place.known {
            told::forget(self.started);
        }
        if let Known::Nothing | Known::Awaited(_) | Known::Told(_) = place.known
            && let Some(handle) = place.handle.take()
        {
            handle.let_go();
        }
    }
}
