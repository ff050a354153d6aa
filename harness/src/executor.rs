//! The executor trait: the second of the three ways in.

use crate::{Future, Outcome, Payload, Profile, Refused, Task, TimedOut};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

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

/// Options of [`Executor::map`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MapOptions {
    /// Limit for the whole iteration, counted from the call.
    pub timeout: Option<Duration>,
    /// Items sent to a worker at a time; `None` lets the executor choose. Threads ignore it.
    pub chunksize: Option<usize>,
    /// At most this many results are outstanding; `None` submits everything at the call.
    pub buffersize: Option<usize>,
}

/// The results of a map, in input order.
///
/// An item is `Err(TimedOut)` once, when the limit passed and the next result is not available;
/// the iterator then ends, having cancelled every call that has not started.
pub type MapResults<T> = Box<dyn Iterator<Item = Result<Outcome<T>, TimedOut>> + Send>;

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

    /// Stops accepting tasks; see [`Shutdown`]. Calling it again is allowed, in any combination.
    fn shutdown(&self, how: Shutdown);
}

/// The supplied `map`: one `submit` per item, at the call; results read in order.
///
/// `buffersize` is not supported by this form and must be `None`.
///
/// # Errors
///
/// [`Refused`] when `submit` refuses; the calls already submitted are cancelled.
pub fn submit_map<E: Executor, T: Task>(
    executor: &E,
    tasks: &mut dyn Iterator<Item = T>,
    options: MapOptions,
) -> Result<MapResults<T::Output>, Refused> {
    let deadline = options.timeout.and_then(|limit| Instant::now().checked_add(limit));
    let mut futures = VecDeque::new();
    for task in tasks {
        match executor.submit(task) {
            Ok(future) => futures.push_back(future),
            Err(refused) => {
                cancel_all::<T::Output, _>(&futures);
                return Err(refused);
            }
        }
    }
    Ok(Box::new(OrderedResults::<T::Output, E::Future<T::Output>> {
        futures,
        deadline,
        started: false,
        value: std::marker::PhantomData,
    }))
}

fn cancel_all<'a, T: 'a, F: Future<T> + 'a>(futures: impl IntoIterator<Item = &'a F>) {
    for future in futures {
        // An executor without cancel lets the rest run: that is its profile, not an error.
        let _ = future.cancel();
    }
}

struct OrderedResults<T, F: Future<T>> {
    futures: VecDeque<F>,
    deadline: Option<Instant>,
    started: bool,
    value: std::marker::PhantomData<fn() -> T>,
}

impl<T, F: Future<T>> Iterator for OrderedResults<T, F> {
    type Item = Result<Outcome<T>, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        self.started = true;
        let future = self.futures.front()?;
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let result = future.result(left);
        match &result {
            Ok(Ok(_)) => drop(self.futures.pop_front()),
            // After a failure or a time-out nobody reads on: what has not started is cancelled,
            // including the call that was waited for.
            Ok(Err(_)) | Err(TimedOut) => {
                cancel_all::<T, F>(&self.futures);
                self.futures.clear();
            }
        }
        Some(result)
    }
}

impl<T, F: Future<T>> Drop for OrderedResults<T, F> {
    fn drop(&mut self) {
        // A reader that stopped half-way wants no more; one that never began only submitted.
        if self.started {
            cancel_all::<T, F>(&self.futures);
        }
    }
}
