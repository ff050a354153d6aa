//! threadpool: a fixed number of threads over one channel, reached through `execute`.
//!
//! threadpool knows no shutdown: `join` waits until the pool is idle and leaves it open, and a pool
//! that is dropped lets its threads work the channel off. This adapter refuses jobs after
//! `shutdown` and waits by counting the jobs in flight.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, Shutdown, Spawn, Supplied, WorkerStart,
};
use threadpool::ThreadPool;

/// A threadpool pool that runs jobs.
#[derive(Debug)]
pub struct Threadpool {
    pool: ThreadPool,
    in_flight: InFlight,
}

impl Threadpool {
    /// A pool with `workers` threads.
    ///
    /// # Panics
    ///
    /// If `workers` is 0, or a thread cannot be started: threadpool says so by panicking.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: ThreadPool::new(workers), in_flight: InFlight::default() }
    }
}

impl Spawn for Threadpool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        self.pool.execute(move || ticket.run(job));
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

/// `threadpool` in the registry.
#[derive(Debug)]
pub struct ThreadpoolNative;

impl Native for ThreadpoolNative {
    type Executor = Supplied<Threadpool>;
    const NAME: &'static str = "threadpool";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "threadpool's threads over one channel, through `execute`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_THREADPOOL");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(Threadpool::new(config.workers)))
    }
}
