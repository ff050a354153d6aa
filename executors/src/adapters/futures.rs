//! futures-executor's `ThreadPool`, reached through `spawn_ok`.
//!
//! The pool runs futures; a job is one that is ready when it was polled once. A worker counts as
//! being inside an executor, so `futures::executor::block_on` panics in a task; waiting for a future
//! of the harness does not.
//!
//! The pool has no shutdown. Dropping it lets what was spawned still run, and does not wait. This
//! adapter refuses jobs after `shutdown` and waits by counting the jobs in flight.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use futures_executor::ThreadPool;
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, SetupError, Shutdown, Spawn, Supplied,
};

/// A pool for futures that runs jobs.
#[derive(Debug)]
pub struct Futures {
    pool: ThreadPool,
    in_flight: InFlight,
}

impl Futures {
    /// A pool with `workers` threads; there must be at least one.
    ///
    /// # Errors
    ///
    /// What the system says when a thread cannot be started.
    pub fn new(workers: usize) -> std::io::Result<Self> {
        let pool = ThreadPool::builder().pool_size(workers).create()?;
        Ok(Self { pool, in_flight: InFlight::default() })
    }
}

impl Spawn for Futures {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        self.pool.spawn_ok(async move { ticket.run(job) });
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
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `futures` in the registry.
#[derive(Debug)]
pub struct FuturesNative;

impl Native for FuturesNative {
    type Executor = Supplied<Futures>;
    const NAME: &'static str = "futures";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "the `ThreadPool` of futures-executor, through `spawn_ok`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_FUTURES_EXECUTOR");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Futures::new(config.workers).map_err(|error| {
            SetupError::failed(format!("the threads of futures-executor cannot be started: {error}"))
        })?;
        Ok(Supplied::new(pool))
    }
}
