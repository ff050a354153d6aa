//! workerpool: threads that each own a worker, here one that calls closures.
//!
//! workerpool knows no shutdown: `join` waits until the pool is idle and leaves it open, and a pool
//! that is dropped lets its threads work the channel off. This adapter refuses jobs after
//! `shutdown` and waits by counting the jobs in flight.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, Shutdown, Spawn, Supplied, WorkerStart,
};
use workerpool::Pool;
use workerpool::thunk::{Thunk, ThunkWorker};

/// A workerpool pool that runs jobs.
pub struct Workerpool {
    pool: Pool<ThunkWorker<()>>,
    in_flight: InFlight,
}

impl std::fmt::Debug for Workerpool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workerpool").field("workers", &self.pool.max_count()).finish_non_exhaustive()
    }
}

impl Workerpool {
    /// A pool with `workers` threads.
    ///
    /// # Panics
    ///
    /// If `workers` is 0, or a thread cannot be started: workerpool says so by panicking.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: Pool::new(workers), in_flight: InFlight::default() }
    }
}

impl Spawn for Workerpool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        self.pool.execute(Thunk::of(move || ticket.run(job)));
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

fn profile() -> Profile {
    let mut profile = Profile::of_spawn().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `workerpool` in the registry.
#[derive(Debug)]
pub struct WorkerpoolNative;

impl Native for WorkerpoolNative {
    type Executor = Supplied<Workerpool>;
    const NAME: &'static str = "workerpool";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "workerpool's threads, each with a worker that calls closures";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_WORKERPOOL");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(Workerpool::new(config.workers)))
    }
}
