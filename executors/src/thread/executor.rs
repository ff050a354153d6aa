//! The executor itself: the trait, on top of the pool.

use super::config::{Config, ThreadBuilder};
use super::map;
use super::pool::Pool;
use super::sync::Arc;
use poolproof_harness::{
    Capability, CellFuture, DropPolicy, Executor, Job, Kind, MapOptions, MapResults, NestedPolicy, OpenError, Payload,
    Profile, QueuePolicy, Refused, Shutdown, Task, WorkerStart, buffered_map, submit_map,
};
use std::fmt;

/// Runs tasks on threads of this process.
///
/// Dropping it does not block: accepted tasks still run. To be sure of that, shut it down with
/// [`Shutdown::WAIT`] before the program ends.
///
/// ```
/// use poolproof_executors::thread::ThreadExecutor;
/// use poolproof_harness::{Executor, Future, Shutdown, Work, Workload};
/// let executor = ThreadExecutor::new(2)?;
/// let future = executor.submit(Work { number: 5, workload: Workload::Empty, turns: 0, port: 0 }).unwrap();
/// assert_eq!(future.result(None), Ok(Ok(Work::answer(5))));
/// executor.shutdown(Shutdown::WAIT);
/// # Ok::<(), poolproof_harness::OpenError>(())
/// ```
pub struct ThreadExecutor {
    pool: Arc<Pool>,
}

impl fmt::Debug for ThreadExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadExecutor").field("workers", &self.workers()).finish_non_exhaustive()
    }
}

impl ThreadExecutor {
    /// An executor with `workers` workers and an unbounded queue.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] if `workers` is 0.
    pub fn new(workers: usize) -> Result<Self, OpenError> {
        Self::builder(workers).build()
    }

    /// An executor with more than a number of workers to say.
    pub fn builder(workers: usize) -> ThreadBuilder {
        ThreadBuilder::new(workers)
    }

    pub(super) fn open(config: Config) -> Self {
        Self { pool: Pool::new(config) }
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many workers it has at most.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.pool.config.workers
    }
}

/// The profile of a thread executor with this queue.
pub(crate) fn profile(queue: QueuePolicy) -> Profile {
    let mut native = vec![
        Capability::Submit,
        Capability::Concurrency,
        Capability::Timeout,
        Capability::Cancel,
        Capability::Callback,
        Capability::Map,
        Capability::Buffersize,
        Capability::Wait,
        Capability::AsCompleted,
        Capability::Shutdown,
        Capability::CancelFutures,
        Capability::Initialiser,
        Capability::Nested,
        Capability::Panic,
    ];
    if queue != QueuePolicy::Unbounded {
        native.push(Capability::Bound);
    }
    let mut profile = Profile::new(Kind::Thread, &native);
    profile.queue = queue;
    profile.drop_executor = DropPolicy::Detaches;
    profile.nested = NestedPolicy::Progresses;
    profile.worker_start = WorkerStart::AsNeeded;
    profile
}

fn submit<T: Task>(pool: &Arc<Pool>, task: T) -> Result<CellFuture<T::Output>, Refused> {
    let (job, future) = Job::with_future_in(task, pool.id);
    pool.submit(job)?;
    Ok(future)
}

impl Executor for ThreadExecutor {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        profile(self.pool.config.queue)
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        submit(&self.pool, task)
    }

    fn map<T: Task>(
        &self,
        tasks: &mut dyn Iterator<Item = T>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        let config = &self.pool.config;
        // Where items are counted or hand an interpreter over, each is a task of its own.
        if config.queue != QueuePolicy::Unbounded || config.interpreter.is_some() {
            return submit_map(self, tasks, options);
        }
        map::map(&self.pool, tasks, options)
    }

    fn map_buffered<T: Task>(
        &self,
        tasks: Box<dyn Iterator<Item = T> + Send>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        let pool = Arc::clone(&self.pool);
        buffered_map(move |task| submit(&pool, task), tasks, options)
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how);
    }
}

impl Drop for ThreadExecutor {
    fn drop(&mut self) {
        self.pool.shutdown(Shutdown::NO_WAIT);
    }
}
