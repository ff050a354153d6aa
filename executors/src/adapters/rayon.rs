//! rayon: a work-stealing thread pool, reached through `ThreadPool::spawn`.
//!
//! rayon has no shutdown. Dropping a pool lets the accepted jobs run and does not wait for them.
//! This adapter refuses jobs after `shutdown` and waits by counting the jobs in flight.

use crate::address::{BadOption, Options};
use crate::arguments::{only_workers, rejected};
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, Shutdown, Spawn, StartOrder, Supplied,
    WorkerStart,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A rayon pool that runs jobs.
#[derive(Debug)]
pub struct Rayon {
    pool: ThreadPool,
    in_flight: InFlight,
}

impl Rayon {
    /// A pool with `workers` threads.
    ///
    /// # Errors
    ///
    /// What rayon says when it cannot start them.
    pub fn new(workers: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new().num_threads(workers).build()?;
        Ok(Self { pool, in_flight: InFlight::default() })
    }

    /// The pool itself.
    #[must_use]
    pub fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    /// The count of its jobs.
    #[must_use]
    pub fn in_flight(&self) -> InFlight {
        self.in_flight.clone()
    }
}

impl Spawn for Rayon {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        self.pool.spawn(move || ticket.run(job));
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

pub(super) fn profile() -> Profile {
    let mut profile = Profile::of_spawn().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Detaches;
    // First in, first out from outside; last in, first out from inside a worker.
    profile.start_order = StartOrder::Any;
    profile
}

/// `rayon` in the registry.
#[derive(Debug)]
pub struct RayonNative;

impl Native for RayonNative {
    type Executor = Supplied<Rayon>;
    const NAME: &'static str = "rayon";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "rayon's work-stealing pool, through `ThreadPool::spawn`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_RAYON");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Rayon::new(config.workers).map_err(|error| rejected(error.to_string()))?;
        Ok(Supplied::new(pool))
    }
}
