//! tokio's multi-threaded scheduler, reached through `spawn`.
//!
//! The scheduler is made for futures that wait by yielding. A job waits by blocking its worker, as
//! badly behaved futures do; nothing takes over what that worker was going to run next. A job that
//! waits for one that it submitted may therefore wait for ever, however many workers are free, and so
//! the profile does not offer nesting.
//!
//! A task's future is tokio's own `JoinHandle`: it carries the result and the panic, and leaves the task
//! alone when it is dropped. Its `abort` cannot say whether it came before the task started, so it is not
//! offered as `cancel`.
//!
//! A runtime has no shutdown that runs what was accepted: dropped, it discards what has not started.
//! This adapter refuses jobs after `shutdown` and waits by counting the jobs in flight.

use crate::adapters::awaited::{self, AwaitedFuture, submit};
use crate::adapters::roomy::Roomy;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, OpenError, Payload, Profile, Refused, SetupError, Shutdown,
    StartOrder, Task, WorkerStart,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::task::coop::{Unconstrained, unconstrained};

/// A tokio runtime whose workers run jobs.
#[derive(Debug)]
pub struct Tokio {
    /// Only `None` while it is dropped.
    runtime: Option<Runtime>,
    in_flight: InFlight,
}

impl Tokio {
    /// A runtime with `workers` threads; there must be at least one.
    ///
    /// # Errors
    ///
    /// What the system says when the runtime cannot be built.
    pub fn new(workers: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build()?;
        Ok(Self { runtime: Some(runtime), in_flight: InFlight::default() })
    }
}

impl Executor for Tokio {
    // A handle that is dropped leaves its task alone. A worker of tokio that waits for one is not a
    // task that yields, so there is nothing to be cooperative about.
    type Future<T: Payload> = AwaitedFuture<T, Unconstrained<JoinHandle<Roomy<T>>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    // Always: returned by a call, the future is copied across the seams of the stores that made it.
    #[inline(always)]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let Some(runtime) = &self.runtime else { return Err(Refused::Shutdown) };
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| unconstrained(runtime.spawn(async move { Roomy::from(sent.run()) }))))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

impl Drop for Tokio {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait for the running jobs, for ever if one of them drops this.
            runtime.shutdown_background();
        }
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AtOpening;
    profile.support.remove(&Capability::Nested);
    // Whether a job that has not started still runs depends on when a worker sees that the pool is gone.
    profile.drop_executor = DropPolicy::Undeclared;
    // A worker runs first what it spawned last.
    profile.start_order = StartOrder::Any;
    profile
}

/// `tokio` in the registry.
#[derive(Debug)]
pub struct TokioNative;

impl Native for TokioNative {
    type Executor = Tokio;
    const NAME: &'static str = "tokio";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "tokio's multi-threaded scheduler, through `spawn` and its handle";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_TOKIO");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Tokio::new(config.workers)
            .map_err(|error| SetupError::failed(format!("tokio's runtime cannot be built: {error}")))?;
        Ok(pool)
    }
}
