//! Handles that are futures of the standard library.

use super::handle::{Handle, Handled};
use super::started::Started;
use poolproof_harness::{Capability, Failure, Kind, Outcome, Payload, Profile, Raised, Task, contain};
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(feature = "affinitypool")]
use {super::pump::Pump, poolproof_harness::Promise, std::sync::Arc};

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

/// What a handle gives for a task.
pub trait Given<T> {
    /// In the words of the harness.
    fn outcome(self) -> Outcome<T>;
}

impl<T> Given<T> for Ran<T> {
    fn outcome(self) -> Outcome<T> {
        self.map_err(|raised| Failure::Raised(*raised))
    }
}

/// An error, if the task panicked or tokio dropped it.
#[cfg(feature = "tokio")]
impl<T> Given<T> for Result<Ran<T>, tokio::task::JoinError> {
    fn outcome(self) -> Outcome<T> {
        match self.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(result) => result.outcome(),
            Err(Ok(payload)) => {
                Err(Failure::Panicked(contain(|| std::panic::resume_unwind(payload)).err().unwrap_or_default()))
            }
            Err(Err(_)) => Err(discarded()),
        }
    }
}

/// An error, if the sender was dropped: the task panicked or was discarded.
#[cfg(feature = "rusty_pool")]
impl<T> Given<T> for Result<Ran<T>, futures_channel::oneshot::Canceled> {
    fn outcome(self) -> Outcome<T> {
        self.map_or_else(|canceled| Err(Failure::Broken(canceled.to_string())), Given::outcome)
    }
}

/// Nothing, if the crate dropped the task.
impl<T, G: Given<T>> Given<T> for Option<G> {
    fn outcome(self) -> Outcome<T> {
        self.map_or_else(|| Err(discarded()), Given::outcome)
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
    F: Future<Output: Given<T>> + LetGo + Unpin + Send + 'static,
{
    fn let_go(self) {
        self.0.let_go();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<T>> {
        // These handles pass a panic of the task on to whoever polls them.
        match contain(|| Pin::new(&mut self.0).poll(context)) {
            Ok(polled) => polled.map(Given::outcome),
            Err(panic) => Poll::Ready(Err(Failure::Panicked(panic))),
        }
    }
}

/// Passes a task on by `start`, which gets what the worker is to call and returns the crate's handle.
pub(super) fn submit<T, F>(task: T, start: impl FnOnce(Started, T) -> F) -> AwaitedFuture<T::Output, F>
where
    T: Task,
    T::Output: Payload,
    F: Future<Output: Given<T::Output>> + LetGo + Unpin + Send + 'static,
{
    let started = Started::number();
    Handled::new(started, Awaited(start(started, task)))
}

/// What the worker does: the task, noted as started, and its panic left to the crate.
pub(super) fn run<T: Task>(started: Started, task: T) -> Ran<T::Output> {
    started.during(|| task.run().map_err(Box::new))
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
