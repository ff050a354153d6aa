//! tokio's blocking pool, reached through `spawn_blocking`.
//!
//! A task's future is tokio's own `JoinHandle`: it carries the result and the panic, and leaves the task
//! alone when it is dropped. Its `abort` cannot say whether it came before the task started, so it is not
//! offered as `cancel`.
//!
//! A runtime waits for its blocking jobs only when it is dropped. This adapter refuses jobs after
//! `shutdown` and waits by counting the jobs in flight. Dropped, it does not wait: jobs that run or
//! queue behind running ones go on. A job that an idle thread was just woken for may be discarded
//! then, which tokio allows; its future fails.

use crate::adapters::awaited::{self, AwaitedFuture, submit};
use crate::adapters::roomy::Roomy;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, OpenError, Payload, Profile, Refused, SetupError, Shutdown,
    Task, WorkerStart,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// A tokio runtime whose blocking pool runs jobs.
#[derive(Debug)]
pub struct TokioBlocking {
    /// Only `None` while it is dropped.
    runtime: Option<Runtime>,
    in_flight: InFlight,
}

impl TokioBlocking {
    /// A runtime with at most `workers` blocking threads.
    ///
    /// # Errors
    ///
    /// What the system says when the runtime cannot be built.
    pub fn new(workers: usize) -> std::io::Result<Self> {
        // Nothing asynchronous runs here, so the runtime needs no thread of its own.
        let runtime = Builder::new_current_thread().max_blocking_threads(workers).build()?;
        Ok(Self { runtime: Some(runtime), in_flight: InFlight::default() })
    }
}

impl Executor for TokioBlocking {
    // A handle that is dropped leaves its task alone.
    type Future<T: Payload> = AwaitedFuture<T, JoinHandle<Roomy<T>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    // Always: returned by a call, the future is copied across the seams of the stores that made it.
    #[inline(always)]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let Some(runtime) = &self.runtime else { return Err(Refused::Shutdown) };
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| runtime.spawn_blocking(move || Roomy::from(sent.run()))))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

impl Drop for TokioBlocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait for the running jobs, for ever if one of them drops this.
            runtime.shutdown_background();
        }
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AsNeeded;
    // Whether a job that has not started still runs depends on which thread was about to take it.
    profile.drop_executor = DropPolicy::Undeclared;
    profile
}

/// `tokio-blocking` in the registry.
#[derive(Debug)]
pub struct TokioBlockingNative;

impl Native for TokioBlockingNative {
    type Executor = TokioBlocking;
    const NAME: &'static str = "tokio-blocking";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "tokio's pool for blocking work, through `spawn_blocking` and its handle";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_TOKIO");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = TokioBlocking::new(config.workers)
            .map_err(|error| SetupError::failed(format!("tokio's runtime cannot be built: {error}")))?;
        Ok(pool)
    }
}
