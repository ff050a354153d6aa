//! The first way in: a pool that can run a closure, completed by the harness.

use crate::{Capability, CellFuture, Executor, Failure, Kind, Payload, Profile, Promise, Refused, Shutdown, Task};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One task, ready to run: call it in a worker. It never panics.
pub struct Job(Box<dyn FnOnce() + Send>);

impl Job {
    /// A job that runs `body`.
    pub fn new(body: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(body))
    }

    /// Runs the task and completes its future.
    pub fn run(self) {
        (self.0)();
    }

    /// A job that runs `task` and completes `promise` with whatever comes of it.
    pub fn of_task<T: Task>(task: T, promise: Promise<T::Output>) -> Self {
        Self::new(move || {
            if promise.claim() {
                promise.complete(run_caught(task));
            }
        })
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// Runs a task here and catches its panic.
pub fn run_caught<T: Task>(task: T) -> Result<T::Output, Failure> {
    match catch_unwind(AssertUnwindSafe(|| task.run())) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(raised)) => Err(Failure::Raised(raised)),
        Err(payload) => Err(Failure::Panicked(panic_message(payload))),
    }
}

/// The text of a panic, whatever its payload; a payload that panics when dropped is contained.
fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is not text".to_owned());
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Dropping the second payload could panic again, without end; it is leaked instead.
        std::mem::forget(second);
    }
    text
}

/// A pool that can run a closure and stop; the harness supplies futures, `wait` and `map`.
///
/// ```
/// use poolproof_harness::{Job, Refused, Shutdown, Spawn};
///
/// #[derive(Debug)]
/// struct Inline;
/// impl Spawn for Inline {
///     fn spawn(&self, job: Job) -> Result<(), Refused> {
///         job.run();
///         Ok(())
///     }
///     fn shutdown(&self, _how: Shutdown) {}
/// }
/// ```
pub trait Spawn: Send + Sync + 'static {
    /// Accepts a job; it must be run exactly once, or dropped.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the pool does not accept it.
    fn spawn(&self, job: Job) -> Result<(), Refused>;

    /// Stops accepting jobs; waits for the accepted ones if `how.wait`.
    ///
    /// A pool that cannot do what `how` asks does what it can and declares it in its profile.
    fn shutdown(&self, how: Shutdown);

    /// The profile; the default is a thread pool with everything but submit and shutdown supplied.
    fn profile(&self) -> Profile {
        spawn_profile()
    }
}

/// The profile of a thread pool of which nothing is known but that it runs closures.
fn spawn_profile() -> Profile {
    Profile::new(Kind::Thread, &[Capability::Submit, Capability::Concurrency, Capability::Shutdown, Capability::Nested])
        .supplied(&[
            Capability::Timeout,
            Capability::Cancel,
            Capability::Callback,
            Capability::Map,
            Capability::Wait,
            Capability::AsCompleted,
            Capability::Panic,
        ])
}

/// A [`Spawn`] completed to an [`Executor`] by the harness.
#[derive(Debug)]
pub struct Supplied<S> {
    pool: S,
}

impl<S: Spawn> Supplied<S> {
    /// Completes `pool`.
    pub fn new(pool: S) -> Self {
        Self { pool }
    }

    /// The pool itself.
    pub fn pool(&self) -> &S {
        &self.pool
    }
}

impl<S: Spawn> Executor for Supplied<S> {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        self.pool.profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        let (promise, future) = Promise::pair();
        self.pool.spawn(Job::of_task(task, promise))?;
        Ok(future)
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how);
    }
}
