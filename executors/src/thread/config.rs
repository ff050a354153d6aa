//! How a thread executor is made.

use super::ThreadExecutor;
use crate::arguments::{at_least_one_worker, rejected};
use poolproof_harness::{InterpreterLock, OpenError, QueuePolicy, Raised};
use std::fmt;
use std::sync::Arc;

pub(super) type Initialiser = Box<dyn Fn() -> Result<(), Raised> + Send + Sync>;

/// What never changes in the life of a pool.
pub(super) struct Config {
    pub(super) workers: usize,
    pub(super) queue: QueuePolicy,
    pub(super) name: String,
    pub(super) initialiser: Option<Initialiser>,
    pub(super) interpreter: Option<Arc<dyn InterpreterLock>>,
}

/// Builds a [`ThreadExecutor`].
///
/// ```
/// use poolproof_executors::thread::ThreadExecutor;
/// use poolproof_harness::QueuePolicy;
/// let executor = ThreadExecutor::builder(4).queue(QueuePolicy::Blocks(64)).name("crawler").build()?;
/// assert_eq!(executor.workers(), 4);
/// # Ok::<(), poolproof_harness::OpenError>(())
/// ```
#[must_use]
pub struct ThreadBuilder {
    config: Config,
}

impl fmt::Debug for ThreadBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadBuilder").field("workers", &self.config.workers).finish_non_exhaustive()
    }
}

impl ThreadBuilder {
    pub(super) fn new(workers: usize) -> Self {
        let queue = QueuePolicy::Unbounded;
        Self {
            config: Config { workers, queue, name: "poolproof-thread".into(), initialiser: None, interpreter: None },
        }
    }

    /// How many tasks may be pending, and what `submit` does beyond that. Unbounded by default.
    pub fn queue(mut self, queue: QueuePolicy) -> Self {
        self.config.queue = queue;
        self
    }

    /// The first part of the threads' names; their number follows.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.config.name = name.into();
        self
    }

    /// Runs once in each worker before its first task; a failure or a panic breaks the executor.
    pub fn initialiser(mut self, initialiser: impl Fn() -> Result<(), Raised> + Send + Sync + 'static) -> Self {
        self.config.initialiser = Some(Box::new(initialiser));
        self
    }

    /// Every initialiser, task and callback runs holding `lock`.
    pub fn interpreter(mut self, lock: Arc<dyn InterpreterLock>) -> Self {
        self.config.interpreter = Some(lock);
        self
    }

    /// Opens the executor. No thread is started before the first task.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] without workers, or with a queue that holds nothing.
    pub fn build(self) -> Result<ThreadExecutor, OpenError> {
        at_least_one_worker(self.config.workers)?;
        match self.config.queue {
            QueuePolicy::Blocks(0) | QueuePolicy::Refuses(0) => Err(rejected("a bounded queue holds at least 1 task")),
            _ => Ok(ThreadExecutor::open(self.config)),
        }
    }
}
