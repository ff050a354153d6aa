//! async-executor: smol's executor, which brings no threads: here are some for it.
//!
//! The executor is run by as many threads as there are workers, until the channel that each of them
//! listens to is closed. Dropping the executor discards what no thread has taken by then.
//!
//! A task's future is the executor's own `Task`: it carries the result and the panic; the future
//! detaches it when it is dropped. Its `cancel` cannot say whether it came in time, so it is not offered.
//!
//! There is no shutdown. This adapter refuses jobs after `shutdown` and waits by counting the jobs
//! in flight.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use async_channel::Sender;
use async_executor::FallibleTask;
use futures_lite::future::block_on;
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, OpenError, Payload, Profile, Refused, SetupError, Shutdown,
    StartOrder, Task, WorkerStart,
};
use std::convert::Infallible;
use std::sync::Arc;
use std::thread::Builder;

/// smol's executor and the threads that run it.
#[derive(Debug)]
pub struct AsyncExecutor {
    executor: Arc<async_executor::Executor<'static>>,
    in_flight: InFlight,
    /// The threads end when this is dropped.
    _open: Sender<Infallible>,
}

impl AsyncExecutor {
    /// An executor that is run by `workers` threads.
    ///
    /// # Errors
    ///
    /// What the system says when a thread cannot be started.
    pub fn new(workers: usize) -> std::io::Result<Self> {
        let executor = Arc::new(async_executor::Executor::new());
        let (open, closed) = async_channel::bounded(1);
        for _ in 0..workers {
            let (executor, closed) = (Arc::clone(&executor), closed.clone());
            Builder::new().name("async-executor".into()).spawn(move || {
                // Nothing is ever sent, so this ends with the channel.
                let _ = block_on(executor.run(closed.recv()));
            })?;
        }
        Ok(Self { executor, in_flight: InFlight::default(), _open: open })
    }
}

impl Executor for AsyncExecutor {
    type Future<T: Payload> = AwaitedFuture<T, FallibleTask<Ran<T>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| self.executor.spawn(async move { sent.run() }).fallible()))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AtOpening;
    // Whether a job that has not started still runs depends on when a worker sees that the pool is gone.
    profile.drop_executor = DropPolicy::Undeclared;
    // First in, first out from outside; a worker prefers what it spawned itself.
    profile.start_order = StartOrder::Any;
    profile
}

/// `async-executor` in the registry.
#[derive(Debug)]
pub struct AsyncExecutorNative;

impl Native for AsyncExecutorNative {
    type Executor = AsyncExecutor;
    const NAME: &'static str = "async-executor";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "smol's executor on threads of its own, through `spawn`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_ASYNC_EXECUTOR");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = AsyncExecutor::new(config.workers)
            .map_err(|error| SetupError::failed(format!("the threads of async-executor cannot be started: {error}")))?;
        Ok(pool)
    }
}
