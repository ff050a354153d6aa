//! The first way in: a pool that can run a closure, completed by the harness.

use crate::cell::{Cell, Parked, Shared};
use crate::promise::discarded;
use crate::{CellFuture, Executor, ExecutorId, Failure, Payload, Profile, Promise, Refused, Shutdown, Task, contain};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// One task, ready to run: call it in a worker. It never panics.
///
/// A job that is dropped instead of run fails its future with [`Failure::Broken`].
pub struct Job(Option<Shared<dyn Runnable>>);

impl Job {
    /// A job that runs `body`.
    pub fn new(body: impl FnOnce() + Send + 'static) -> Self {
        Self::of(Shared::new(Closure(Mutex::new(Some(body)))))
    }

    /// A job that runs `body`, or tells `lost` why not: it was cancelled, failed or dropped.
    pub fn with_fate(body: impl FnOnce() + Send + 'static, lost: impl FnOnce(Failure) + Send + 'static) -> Self {
        Self::of(Shared::new(Fate(Mutex::new(Some((body, lost))))))
    }

    /// A job that runs `task`, and the future of it; both share one allocation.
    ///
    /// ```
    /// use poolproof_harness::{Future, Job, Work, Workload};
    /// let work = Work { number: 3, workload: Workload::Empty, turns: 0, port: 0 };
    /// let (job, future) = Job::with_future(work);
    /// job.run();
    /// assert_eq!(future.result(None), Ok(Ok(Work::answer(3))));
    /// ```
    pub fn with_future<T: Task>(task: T) -> (Self, CellFuture<T::Output>) {
        Self::holding(task, 0)
    }

    /// The same for an executor whose workers may run the task themselves when they wait for it.
    pub fn with_future_in<T: Task>(task: T, executor: ExecutorId) -> (Self, CellFuture<T::Output>) {
        Self::holding(task, executor.number())
    }

    fn holding<T: Task>(task: T, executor: u32) -> (Self, CellFuture<T::Output>) {
        let (job, future) = Shared::pair(Cell::holding(task, executor));
        (Self::of(job), CellFuture::of(future.with_anything_held()))
    }

    fn of(runnable: Shared<impl Runnable + 'static>) -> Self {
        // SAFETY: the conversion is the compiler's.
        #[allow(unsafe_code)]
        Self(Some(unsafe { runnable.erase(|runnable| runnable as *mut _) }))
    }

    /// A job that runs `task` and completes `promise` with whatever comes of it.
    pub fn of_task<T: Task>(task: T, promise: Promise<T::Output>) -> Self {
        Self::new(move || {
            if promise.claim() {
                promise.complete(run_caught(task));
            }
        })
    }

    /// Runs the task and completes its future.
    pub fn run(self) {
        self.settle(|task| task.run());
    }

    /// Cancels the task: it never runs, waiters and callbacks are told here and now.
    ///
    /// A job made by [`Job::new`] has no future to cancel; it is dropped.
    pub fn cancel(self) {
        self.settle(|task| task.resolve(Failure::Cancelled));
    }

    /// Fails the task without running it.
    ///
    /// A job made by [`Job::new`] has no future to fail; it is dropped.
    pub fn fail(self, failure: Failure) {
        self.settle(|task| task.resolve(failure));
    }

    /// Whether its future was cancelled already, so that running it would do nothing.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|task| task.is_done())
    }

    /// Has the processor fetch the task from the core that submitted it; for who will run it soon.
    pub fn prefetch(&self) {
        if let Some(task) = &self.0 {
            task.prefetch();
        }
    }

    fn settle(mut self, how: impl FnOnce(&dyn Runnable)) {
        if let Some(task) = self.0.take() {
            // Beyond the task's own panic, destructors of the task, its value and the closure may
            // panic.
            let _ = contain(move || {
                how(&*task);
                drop(task);
            });
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            Self(Some(task)).fail(discarded());
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// A task in its cell, whatever its type.
trait Runnable: Send + Sync {
    fn run(&self);
    fn resolve(&self, failure: Failure);
    fn is_done(&self) -> bool;
}

impl<T: Task> Runnable for Cell<T::Output, Parked<T>> {
    fn run(&self) {
        Cell::run(self);
    }

    fn resolve(&self, failure: Failure) {
        self.finish(Err(failure), true);
    }

    fn is_done(&self) -> bool {
        Cell::is_done(self)
    }
}

/// A job without a future.
struct Closure<F>(Mutex<Option<F>>);

impl<F> Closure<F> {
    fn take(&self) -> Option<F> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<F: FnOnce() + Send> Runnable for Closure<F> {
    fn run(&self) {
        if let Some(body) = self.take() {
            body();
        }
    }

    fn resolve(&self, _: Failure) {
        drop(self.take());
    }

    fn is_done(&self) -> bool {
        false
    }
}

/// A job without a future that knows what else may become of it.
struct Fate<F, L>(Mutex<Option<(F, L)>>);

impl<F, L> Fate<F, L> {
    fn take(&self) -> Option<(F, L)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<F: FnOnce() + Send, L: FnOnce(Failure) + Send> Runnable for Fate<F, L> {
    fn run(&self) {
        if let Some((body, _)) = self.take() {
            body();
        }
    }

    fn resolve(&self, failure: Failure) {
        if let Some((_, lost)) = self.take() {
            lost(failure);
        }
    }

    fn is_done(&self) -> bool {
        false
    }
}

/// Runs a task here and catches its panic.
pub fn run_caught<T: Task>(task: T) -> Result<T::Output, Failure> {
    match contain(|| task.run()) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(raised)) => Err(Failure::Raised(raised)),
        Err(panic) => Err(Failure::Panicked(panic)),
    }
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
        Profile::of_spawn()
    }
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
        let (job, future) = Job::with_future(task);
        self.pool.spawn(job)?;
        Ok(future)
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how);
    }
}
