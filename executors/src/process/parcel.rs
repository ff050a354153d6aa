//! Parcels: what waits in the queue. A parcel is one message to a worker, and the end of the
//! future that its reply completes.

use super::codec::decode;
use super::message::{Batch, Items};
use poolproof_harness::{Attendant, Callbacks, Failure, Outcome, Payload, Promise, PromiseId};
use std::sync::Arc;

/// One message to a worker, and who is told what came of it.
pub(super) struct Parcel {
    /// The request, serialised when it was submitted.
    pub(super) request: Vec<u8>,
    /// The tasks in it.
    pub(super) tasks: u64,
    /// Their name.
    pub(super) name: &'static str,
    /// Its place among all that were accepted.
    pub(super) number: u64,
    /// A worker died before it took this, and another one gets it.
    pub(super) again: bool,
    /// Who is told.
    pub(super) receipt: Box<dyn Receipt>,
}

impl Parcel {
    /// The request in `items`, for tasks called `name`.
    pub(super) fn new(name: &'static str, items: Items<'_>, receipt: Box<dyn Receipt>) -> Self {
        let tasks = items.count();
        Self { request: items.bytes(), tasks, name, number: 0, again: false, receipt }
    }

    /// What it carries, for messages.
    pub(super) fn content(&self) -> String {
        match self.tasks {
            1 => format!("the task `{}`", self.name),
            count => format!("a chunk of {count} tasks `{}`", self.name),
        }
    }
}

/// The executor's end of the future behind a parcel, with the type of its value forgotten.
pub(super) trait Receipt: Send {
    /// Whether the task was cancelled and must not be sent.
    fn is_cancelled(&self) -> bool;
    /// From now on the task is running; `false` if it was cancelled.
    fn claim(&self) -> bool;
    /// Cancels the task, which was not claimed.
    fn cancel(&self);
    /// Says where the outcome arrives.
    fn place(&self, attendant: Arc<dyn Attendant>);
    /// It is sent to a worker that has not answered what it got before; `false` if it was cancelled and must not be
    /// sent. Until it is claimed whoever cancels it takes it back first. Its attendant was placed before.
    fn send_ahead(&self) -> bool;
    /// The worker has it no more, and did not begin with it.
    fn take_back(&self);
    /// Whether it completes this promise.
    fn is_for(&self, promise: PromiseId) -> bool;
    /// Whether callbacks wait for it.
    fn calls_back(&self) -> bool {
        false
    }
    /// Rebuilds the outcomes of a reply, one for each task of the parcel, calls `rebuilt`, completes the
    /// future, and gives the callbacks that are due. Rebuilding is foreign code, and may take long.
    fn deliver(self: Box<Self>, outcomes: Batch<'_>, rebuilt: &mut dyn FnMut()) -> Callbacks;
    /// Completes the future with a failure, and gives the callbacks that are due.
    fn fail(self: Box<Self>, failure: Failure) -> Callbacks;
}

/// The receipt of one submitted task.
pub(super) struct Single<T> {
    /// The executor's end of its future.
    pub(super) promise: Promise<T>,
    /// The name of the task.
    pub(super) name: &'static str,
}

impl<T: Payload> Receipt for Single<T> {
    fn is_cancelled(&self) -> bool {
        self.promise.is_cancelled()
    }

    fn claim(&self) -> bool {
        self.promise.claim()
    }

    fn cancel(&self) {
        self.promise.cancel();
    }

    fn place(&self, attendant: Arc<dyn Attendant>) {
        self.promise.place(attendant);
    }

    fn send_ahead(&self) -> bool {
        self.promise.send_ahead()
    }

    fn take_back(&self) {
        self.promise.take_back();
    }

    fn is_for(&self, promise: PromiseId) -> bool {
        self.promise.id() == promise
    }

    fn calls_back(&self) -> bool {
        self.promise.calls_back()
    }

    fn deliver(self: Box<Self>, mut outcomes: Batch<'_>, rebuilt: &mut dyn FnMut()) -> Callbacks {
        let outcome = outcomes.next().map_or_else(|| Err(missing(self.name)), |bytes| rebuild(self.name, bytes));
        rebuilt();
        self.promise.publish(outcome)
    }

    fn fail(self: Box<Self>, failure: Failure) -> Callbacks {
        self.promise.publish(Err(failure))
    }
}

/// The outcome that a worker sent for a task called `name`.
pub(super) fn rebuild<T: Payload>(name: &str, bytes: &[u8]) -> Outcome<T> {
    decode(bytes).unwrap_or_else(|problem| {
        Err(Failure::Unserialisable(format!("the result of the task `{name}` cannot be rebuilt: {problem}")))
    })
}

/// A link compares the number of outcomes with the number of tasks before it delivers them; this
/// keeps a slip there from becoming a future that is never done.
pub(super) fn missing(name: &str) -> Failure {
    Failure::Broken(format!("the worker sent no outcome for the task `{name}`"))
}
