//! The thread executor under the lock.

use super::Gil;
use crate::thread::{ThreadBuilder, ThreadExecutor};
use poolproof_harness::{
    CellFuture, Executor, InterpreterLock, MapOptions, MapResults, OpenError, Payload, Profile, Refused, Shutdown, Task,
};
use std::sync::Arc;

/// A thread executor whose workers run one at a time, as CPython's threads do.
///
/// ```
/// use poolproof_executors::gil::GilExecutor;
/// use poolproof_harness::{Executor, Future, Work, Workload};
/// let executor = GilExecutor::new(2)?;
/// let future = executor.submit(Work { number: 5, workload: Workload::Empty, turns: 0, port: 0 }).unwrap();
/// assert_eq!(future.result(None), Ok(Ok(Work::answer(5))));
/// assert_eq!(executor.gil().counts().takes, 1);
/// # Ok::<(), poolproof_harness::OpenError>(())
/// ```
#[derive(Debug)]
pub struct GilExecutor {
    threads: ThreadExecutor,
    gil: Arc<Gil>,
}

impl GilExecutor {
    /// An executor with `workers` workers under a lock of their own.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] if `workers` is 0.
    pub fn new(workers: usize) -> Result<Self, OpenError> {
        Self::around(ThreadExecutor::builder(workers), Gil::new(Gil::SWITCH_INTERVAL))
    }

    /// The executor that `threads` builds, with its workers under `gil`.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] as for [`ThreadBuilder::build`].
    pub fn around(threads: ThreadBuilder, gil: Gil) -> Result<Self, OpenError> {
        let gil = Arc::new(gil);
        let lock: Arc<dyn InterpreterLock> = gil.clone();
        let threads = threads.name("poolproof-gil").interpreter(lock).build()?;
        Ok(Self { threads, gil })
    }

    /// The lock its workers share.
    #[must_use]
    pub fn gil(&self) -> &Arc<Gil> {
        &self.gil
    }
}

impl Executor for GilExecutor {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        self.threads.profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        self.threads.submit(task)
    }

    fn map_buffered<T: Task>(
        &self,
        tasks: Box<dyn Iterator<Item = T> + Send>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        self.threads.map_buffered(tasks, options)
    }

    fn shutdown(&self, how: Shutdown) {
        self.threads.shutdown(how);
    }
}
