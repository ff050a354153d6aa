//! Handles that are futures of the standard library.

use super::handle::{Given, Handle, Handled};
use super::started::Started;
#[cfg(feature = "switchyard")]
use super::told::telling;
use poolproof_harness::{Capability, Failure, Kind, Numbered, Profile, Raised, Task, Ticket, contain};
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(feature = "affinitypool")]
use {
    super::pump::Pump,
    poolproof_harness::{Payload, Promise},
    std::sync::Arc,
};

/// A handle that is a future.
#[derive(Debug)]
pub struct Awaited<F>(F);

/// The future of a task whose crate hands out futures.
pub type AwaitedFuture<T, F> = Handled<T, Awaited<F>>;

/// What a task gives where it ran. The crate carries it from core to core: it is small where it usually is, and errors
/// are rare.
pub type Ran<T> = Result<T, Box<Raised>>;

/// How a handle is given up so that its task goes on.
pub trait LetGo: Sized {
    /// Gives it up; by default by dropping it.
    fn let_go(self) {}
}

#[cfg(feature = "tokio")]
impl<T> LetGo for tokio::task::JoinHandle<T> {}
#[cfg(feature = "tokio")]
impl<F> LetGo for tokio::task::coop::Unconstrained<F> {}
/// A future that cannot be detached: dropped, it would take its task back.
#[cfg(feature = "affinitypool")]
impl<T: Payload> LetGo for Pin<Box<dyn Future<Output = Ran<T>> + Send>> {
    fn let_go(self) {
        // What wakes the pump keeps it until the task has ended. Nobody looks at its promise.
        let (promise, _) = Promise::pair();
        Arc::new(Pump::new()).fill(Awaited(self), promise);
    }
}
#[cfg(feature = "rusty_pool")]
impl<T> LetGo for futures_channel::oneshot::Receiver<T> {}
#[cfg(feature = "async-task")]
impl<T> LetGo for async_task::FallibleTask<T> {
    // Dropped, it would take its task back.
    fn let_go(self) {
        self.detach();
    }
}

/// What a crate's future gives for a task.
pub trait Gives<T> {
    /// In the words of the harness.
    fn given(self) -> Given<T>;
}

impl<T> Gives<T> for Ran<T> {
    #[inline(always)]
    fn given(self) -> Given<T> {
        self.map_err(|raised| Box::new(Failure::Raised(*raised)))
    }
}

/// An error, if the task panicked or tokio dropped it.
#[cfg(feature = "tokio")]
impl<T, G: Gives<T>> Gives<T> for Result<G, tokio::task::JoinError> {
    #[inline(always)]
    fn given(self) -> Given<T> {
        #[cold]
        fn failed(error: tokio::task::JoinError) -> Failure {
            let Ok(payload) = error.try_into_panic() else { return discarded() };
            Failure::Panicked(contain(|| std::panic::resume_unwind(payload)).err().unwrap_or_default())
        }
        self.map_or_else(|error| Err(Box::new(failed(error))), Gives::given)
    }
}

/// An error, if the sender was dropped: the task panicked or was discarded.
#[cfg(feature = "rusty_pool")]
impl<T> Gives<T> for Result<Ran<T>, futures_channel::oneshot::Canceled> {
    #[inline(always)]
    fn given(self) -> Given<T> {
        self.map_or_else(|canceled| Err(Box::new(Failure::Broken(canceled.to_string()))), Gives::given)
    }
}

/// Nothing, if the crate dropped the task.
impl<T, G: Gives<T>> Gives<T> for Option<G> {
    #[inline(always)]
    fn given(self) -> Given<T> {
        self.map_or_else(|| Err(Box::new(discarded())), Gives::given)
    }
}

/// The failure of a task that its crate dropped before it had an outcome.
///
/// A handle that says no more may belong to a task that never started, or to one that panicked.
pub(super) fn discarded() -> Failure {
    Failure::Broken("the crate dropped the task before it had an outcome".into())
}

impl<T, F> Handle<T> for Awaited<F>
where
    F: Future<Output: Gives<T>> + LetGo + Unpin + Send + 'static,
{
    fn let_go(self) {
        self.0.let_go();
    }

    #[inline]
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<T>> {
        given(Pin::new(&mut self.0), context)
    }
}

/// Polls a crate's future. Such a one passes a panic of the task on to whoever polls it.
#[inline]
pub(super) fn given<T, F: Future<Output: Gives<T>>>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<Given<T>> {
    // In there already it becomes small: what a crate's future gives is read where it was put, and not passed on before.
    match contain(|| future.poll(context).map(Gives::given)) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(Err(Box::new(Failure::Panicked(panic)))),
    }
}

/// A task on its way to its worker, with its number and its ticket, which are one word: a crate may take more for a larger task.
///
/// It is moved many times, sixteen bytes at once, from its start on. The task comes first, so that these are the pieces that
/// it was written in: a piece of two halves that were written apart a moment ago waits until both have reached memory.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Sent<T> {
    task: T,
    numbered: Numbered,
}

impl<T: Task> Sent<T> {
    /// A task that was admitted.
    #[inline]
    pub(super) fn new(ticket: Ticket, task: T) -> Self {
        Self { task, numbered: Started::numbered(ticket) }
    }

    /// What notes its start.
    #[inline]
    pub(super) fn started(&self) -> Started {
        Started::of(&self.numbered)
    }

    /// What the worker does: the task, noted as started and counted until it has ended, and its panic left to the crate.
    #[inline]
    pub(super) fn run(self) -> Ran<T::Output> {
        let started = self.started();
        let Self { task, numbered } = self;
        numbered.ticket().during(|| started.during(|| task.run().map_err(Box::new)))
    }

    /// The same, and who asked is told of its end.
    #[cfg(feature = "switchyard")]
    #[inline]
    pub(super) fn run_telling(self) -> Ran<T::Output> {
        telling(self.started(), || self.run())
    }
}

/// Passes a task on by `start`, which gets what the worker is to run and returns the crate's handle.
#[cfg(any(
    feature = "affinitypool",
    feature = "async-executor",
    feature = "bevy_tasks",
    feature = "blocking",
    feature = "executors",
    feature = "rusty_pool",
    feature = "tokio",
))]
// Always: returned by a call, the future is copied across the seams of the stores that made it.
#[inline(always)]
pub(super) fn submit<T, F>(ticket: Ticket, task: T, start: impl FnOnce(Sent<T>) -> F) -> AwaitedFuture<T::Output, F>
where
    T: Task,
    F: Future<Output: Gives<T::Output>> + LetGo + Unpin + Send + 'static,
{
    let sent = Sent::new(ticket, task);
    Handled::new(sent.started(), Awaited(start(sent)))
}

/// The profile of a crate whose handles carry results and panics.
///
/// Callbacks could only be called when the handle is complete. The job has then left the count that a supplied
/// shutdown waits for, and one that shuts the pool down would not be known as its worker: they are not offered.
pub(super) fn profile() -> Profile {
    Profile::new(
        Kind::Thread,
        &[Capability::Submit, Capability::Concurrency, Capability::Shutdown, Capability::Nested, Capability::Panic],
    )
    .supplied(&[Capability::Timeout, Capability::Map, Capability::Wait, Capability::AsCompleted])
}
