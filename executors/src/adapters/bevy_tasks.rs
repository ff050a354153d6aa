//! bevy_tasks: the game engine's pool of threads that run futures.
//!
//! Dropping the pool stops its threads and joins them; what has not started is discarded. That is no
//! shutdown that waits, so this adapter refuses jobs after `shutdown` and waits by counting the jobs
//! in flight.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use bevy_tasks::{TaskPool, TaskPoolBuilder};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, Shutdown, Spawn, StartOrder, Supplied,
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

impl Spawn for Bevy {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let Some(pool) = &self.pool else { return Err(Refused::Shutdown) };
        let ticket = self.in_flight.admit()?;
        // A handle that is dropped cancels its task; one that is detached does not.
        pool.spawn(async move { ticket.run(job) }).detach();
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }

    fn profile(&self) -> Profile {
        profile()
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
    let mut profile = Profile::of_spawn().supplied(&[Capability::Shutdown]);
    profile.drop_executor = DropPolicy::Cancels;
    // First in, first out from outside; a worker prefers what it spawned itself.
    profile.start_order = StartOrder::Any;
    profile
}

/// `bevy_tasks` in the registry.
#[derive(Debug)]
pub struct BevyNative;

impl Native for BevyNative {
    type Executor = Supplied<Bevy>;
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
        Ok(Supplied::new(Bevy::new(config.workers)))
    }
}
