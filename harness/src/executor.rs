//! The executor trait: the second of the three ways in.

use crate::{Future, MapOptions, MapResults, Payload, Profile, Raised, Refused, Task, submit_map};
use serde::{Deserialize, Serialize};

/// How [`Executor::shutdown`] behaves. Either way no task is accepted afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shutdown {
    /// Return only when every accepted task is done and every worker is gone.
    pub wait: bool,
    /// Cancel every task that has not started.
    pub cancel_futures: bool,
}

impl Shutdown {
    /// Waits for everything that was accepted.
    pub const WAIT: Self = Self { wait: true, cancel_futures: false };
    /// Returns at once; accepted tasks still run.
    pub const NO_WAIT: Self = Self { wait: false, cancel_futures: false };
    /// Cancels what has not started, and waits for the rest.
    pub const CANCEL: Self = Self { wait: true, cancel_futures: true };
}

/// Runs tasks and hands out futures.
///
/// An executor whose futures cannot be awaited, cancelled or watched leaves those methods of
/// [`Future`] at their defaults and declares so in its [`Profile`].
pub trait Executor: Send + Sync + Sized + 'static {
    /// The executor's own future.
    type Future<T: Payload>: Future<T>;

    /// The capabilities and policies it declares.
    fn profile(&self) -> Profile;

    /// Accepts `task` and returns at once.
    ///
    /// # Errors
    ///
    /// [`Refused`] after shutdown, when the executor is broken or its queue is full; the task then
    /// never runs.
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused>;

    /// Submits every item of `tasks` and returns their results in input order.
    ///
    /// The default is built on [`Executor::submit`] alone, see [`submit_map`].
    ///
    /// # Errors
    ///
    /// [`Refused`] as for `submit`.
    fn map<T: Task>(
        &self,
        tasks: &mut dyn Iterator<Item = T>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        submit_map(self, tasks, options)
    }

    /// A map over an input of any length, even without end: at most `options.buffersize` items are
    /// taken from it ahead of the reader of the results.
    ///
    /// Belongs to [`Capability::Buffersize`](crate::Capability::Buffersize); see
    /// [`buffered_map`](crate::buffered_map) for an implementation on top of `submit`.
    ///
    /// # Errors
    ///
    /// [`Refused`] as for `submit`, and unless overridden.
    fn map_buffered<T: Task>(
        &self,
        tasks: Box<dyn Iterator<Item = T> + Send>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        drop((tasks, options));
        Err(Refused::Other(Raised::new("Unsupported", "this executor does not offer buffersize")))
    }

    /// How many messages have gone to workers and been answered so far, for an executor whose tasks
    /// leave the process and that counts them.
    fn round_trips(&self) -> Option<u64> {
        None
    }

    /// Stops accepting tasks; see [`Shutdown`]. Calling it again is allowed, in any combination.
    fn shutdown(&self, how: Shutdown);
}
