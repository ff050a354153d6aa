//! bevy_tasks: the game engine's pool of threads that run futures.
//!
//! A task's future is the pool's own `Task`: it carries the result and the panic; the future
//! detaches it when it is dropped. Its `cancel` cannot say whether it came in time, so it is not offered.
//!
//! Dropping the pool stops its threads and joins them; what has not started is discarded. That is no
//! shutdown that waits, so this adapter refuses jobs after `shutdown` and waits by counting the jobs
//! in flight.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use async_task::FallibleTask;
use bevy_tasks::{TaskPool, TaskPoolBuilder};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, OpenError, Payload, Profile, Refused, Shutdown, StartOrder,
    Task, WorkerStart,
};

/// A bevy task pool that runs jobs.
#[derive(Debug)]
pub struct Bevy {
    /// Only `None` while it is dropped.
    pool: Option<TaskPool>,
    in_flight: InFlight,
}

impl Bevy {
    /// A pool with `workers` threads.
    ///
    /// # Panics
    ///
    /// If a thread cannot be started: bevy says so by panicking.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        let pool = TaskPoolBuilder::new().num_threads(workers).build();
        Self { pool: Some(pool), in_flight: InFlight::default() }
    }
}

impl Executor for Bevy {
    type Future<T: Payload> = AwaitedFuture<T, FallibleTask<Ran<T>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let Some(pool) = &self.pool else { return Err(Refused::Shutdown) };
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| pool.spawn(async move { sent.run() }).fallible()))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

impl Drop for Bevy {
    fn drop(&mut self) {
        if self.in_flight.is_inside()
            && let Some(pool) = self.pool.take()
        {
            // The pool joins its workers, and this is one of them.
            std::thread::spawn(move || drop(pool));
        }
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

/// `bevy_tasks` in the registry.
#[derive(Debug)]
pub struct BevyNative;

impl Native for BevyNative {
    type Executor = Bevy;
    const NAME: &'static str = "bevy_tasks";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "the task pool of the game engine bevy, through `spawn`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_BEVY_TASKS");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Bevy::new(config.workers))
    }
}
