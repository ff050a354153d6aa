//! The two ends of a future: the executor holds the [`Promise`], the caller the [`CellFuture`].
//!
//! A user cannot make a future by hand, only receive it from an executor.

use crate::cell::{Callbacks, Cell, Held, Shared};
use crate::search::search;
use crate::worker::works_for;
use crate::{Failure, Future, Outcome, State, TimedOut, Unsupported, WatchId, Watcher, blocking};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Which promise: no other one has the same as long as this one or its future is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromiseId(pub(crate) usize);

/// Receives outcomes that come from elsewhere, in the thread that waits for one of them.
pub trait Attendant: Send + Sync {
    /// Receives until `done` says that `promise` is, or until it is better to sleep elsewhere; may return at any time.
    fn attend(&self, promise: PromiseId, done: &mut dyn FnMut() -> bool);

    /// Takes back what was sent ahead ([`Promise::send_ahead`]) and has not begun, and claims what has.
    fn take_back(&self) {}

    /// Claims what was sent ahead and has begun.
    fn note(&self) {}
}

/// The executor's end of a future.
///
/// Dropping it before completion resolves the future as [`Failure::Broken`], so that an executor
/// that discards a task never strands the waiter.
///
/// ```
/// use poolproof_harness::{Future, Promise};
/// let (promise, future) = Promise::<u32>::pair();
/// assert!(promise.claim());
/// promise.complete(Ok(7));
/// assert_eq!(future.result(None), Ok(Ok(7)));
/// ```
pub struct Promise<T> {
    cell: Shared<Cell<T>>,
}

/// The failure of a future whose executor dropped the task.
pub(crate) fn discarded() -> Failure {
    Failure::Broken("the executor discarded the task without running it".into())
}

impl<T> Promise<T> {
    /// A pending future and the right to complete it.
    #[must_use]
    pub fn pair() -> (Self, CellFuture<T>) {
        Self::both_of(Cell::empty())
    }

    /// The same, for a task whose outcome comes from elsewhere: see [`Promise::place`].
    #[must_use]
    pub fn attended() -> (Self, CellFuture<T>) {
        Self::both_of(Cell::attended())
    }

    fn both_of<H: Held<T> + 'static>(cell: Cell<T, H>) -> (Self, CellFuture<T>) {
        let (promise, future) = Shared::pair(cell);
        (Self { cell: promise.with_anything_held() }, CellFuture::of(future.with_anything_held()))
    }

    /// Says who can receive the outcome, of a promise made by [`Promise::attended`]: from now on a thread that
    /// waits for it without a limit receives it itself, and no other thread has to be woken first.
    pub fn place(&self, attendant: Arc<dyn Attendant>) {
        self.cell.place(attendant);
    }

    /// Moves the future from pending to running; `false` if it was cancelled: do not run the task.
    #[must_use]
    pub fn claim(&self) -> bool {
        self.cell.claim()
    }

    /// Says that the task goes to a worker ahead of its turn, who may begin with it at any time; `false` if it was
    /// cancelled. Until it is claimed it is pending, and its attendant, who was placed before, is asked to take it
    /// back before anybody cancels it, and to note whether it has begun when somebody asks for its state.
    #[must_use]
    pub fn send_ahead(&self) -> bool {
        self.cell.send_ahead()
    }

    /// Says that the worker has it no more, and did not begin with it.
    pub fn take_back(&self) {
        self.cell.take_back();
    }

    /// Which one this is, for its attendant.
    #[must_use]
    pub fn id(&self) -> PromiseId {
        self.cell.id()
    }

    /// Whether callbacks wait for the outcome, as far as is known now.
    #[must_use]
    pub fn calls_back(&self) -> bool {
        self.cell.calls_back()
    }

    /// Resolves the future; a future that is already done keeps its first outcome.
    pub fn complete(self, outcome: Outcome<T>) {
        self.cell.finish(outcome, false);
    }

    /// Resolves the future like [`Promise::complete`], and leaves its callbacks to the executor,
    /// which may have something to put in order before code of others runs.
    pub fn publish(self, outcome: Outcome<T>) -> Callbacks {
        self.cell.publish(outcome, false).unwrap_or_default()
    }

    /// Cancels the task from the executor's side if it has not been claimed.
    pub fn cancel(&self) -> bool {
        self.cell.cancel()
    }

    /// Whether the future was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cell.state() == State::CANCELLED
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if !self.cell.state().done {
            self.cell.finish(Err(discarded()), false);
        }
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").finish_non_exhaustive()
    }
}

/// A future made by [`Promise::pair`] or [`Job::with_future`](crate::Job::with_future); dropping
/// it detaches the task.
///
/// It is a [`std::future::Future`] too: awaited, it gives what [`Future::result`] gives without a
/// limit. Dropping it while it is awaited takes its waker back and leaves the task alone.
pub struct CellFuture<T> {
    cell: Shared<Cell<T>>,
    /// Names the waker of this future among those of the cell; 0 if there is none.
    waker: u32,
}

impl<T: Clone + Send + Sync + 'static> CellFuture<T> {
    /// [`Future::result`] without a limit, for who needs the future no more: if nobody else has it, the outcome
    /// itself, and not a copy of it.
    ///
    /// ```
    /// use poolproof_harness::Promise;
    /// let (promise, future) = Promise::<Vec<u8>>::pair();
    /// promise.complete(Ok(vec![7; 1_000_000]));
    /// assert_eq!(future.join().map(|bytes| bytes.len()), Ok(1_000_000));
    /// ```
    pub fn join(self) -> Outcome<T> {
        // Without a limit it does not run out of time.
        self.join_within(None).unwrap_or_else(|_| Err(discarded()))
    }

    /// The same, for at most `limit`.
    ///
    /// # Errors
    ///
    /// The future, when the limit passed first.
    pub fn join_within(mut self, limit: Option<Duration>) -> Result<Outcome<T>, Self> {
        if self.await_done(limit).is_err() {
            return Err(self);
        }
        // Whoever completed it may still be about to let go.
        let alone = self.cell.get_mut().and_then(Cell::take);
        alone.or_else(|| self.cell.poll()).ok_or(self)
    }

    /// Waits until it is done.
    fn await_done(&self, timeout: Option<Duration>) -> Result<(), TimedOut> {
        if self.cell.is_done() {
            return Ok(());
        }
        if timeout == Some(Duration::ZERO) {
            return Err(TimedOut);
        }
        // A limit beyond what the clock can represent is no limit.
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        // With a limit the task might take longer here than the caller wants to wait.
        if timeout.is_none() && self.assist() {
            return Ok(());
        }
        // A task that waits for another one gives its interpreter up meanwhile.
        blocking(|| {
            // With a limit the thread might receive for longer than the caller wants to wait.
            if timeout.is_none() {
                self.cell.attend();
            }
            // The workers of a crate sleep by rules of their own, and an adapter is to cost what the crate costs by
            // hand: who waits for one of their tasks sleeps at once, as on a channel.
            if self.cell.is_searched_for() && search(|| self.cell.is_done().then_some(())).is_some() {
                return Ok(());
            }
            self.cell.wait(deadline)
        })
    }
}

impl<T> CellFuture<T> {
    pub(crate) fn of(cell: Shared<Cell<T>>) -> Self {
        Self { cell, waker: 0 }
    }
}

#[cfg(test)]
impl<T> CellFuture<T> {
    pub(crate) fn is_watched(&self) -> bool {
        self.cell.listeners().0 > 0
    }

    /// How many futures and promises share the cell.
    pub(crate) fn holders(&self) -> usize {
        Shared::count(&self.cell)
    }
}

impl<T> Clone for CellFuture<T> {
    fn clone(&self) -> Self {
        Self::of(self.cell.clone())
    }
}

impl<T> Drop for CellFuture<T> {
    fn drop(&mut self) {
        if self.waker != 0 {
            self.cell.forget(self.waker);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> std::future::Future for CellFuture<T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<T>> {
        let Self { cell, waker } = &mut *self;
        match cell.poll().or_else(|| cell.poll_or_wake(waker, context.waker())) {
            Some(outcome) => Poll::Ready(outcome),
            None => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for CellFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.cell.state_from_outside() {
            State::PENDING => "pending",
            State::RUNNING => "running",
            State::CANCELLED => "cancelled",
            _ if self.cell.is_failed() => "failed",
            _ => "finished",
        };
        f.debug_tuple("CellFuture").field(&phase).finish()
    }
}

impl<T: Clone + Send + Sync + 'static> Future<T> for CellFuture<T> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        self.await_done(timeout)?;
        self.cell.poll().ok_or(TimedOut)
    }

    fn assist(&self) -> bool {
        works_for(self.cell.executor()) && self.cell.run()
    }

    fn state(&self) -> State {
        self.cell.state_from_outside()
    }

    fn cancel(&self) -> Result<bool, Unsupported> {
        Ok(self.cell.cancel_from_outside() || self.cell.state() == State::CANCELLED)
    }

    fn on_done(&self, callback: Box<dyn FnOnce() + Send>) -> Result<(), Unsupported> {
        self.cell.on_done(callback);
        Ok(())
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, key: usize) -> Result<WatchId, Unsupported> {
        Ok(self.cell.watch(watcher, key))
    }

    fn unwatch(&self, id: WatchId) {
        self.cell.unwatch(id);
    }
}

#[cfg(test)]
mod tests;
