//! scheduled-thread-pool: a pool for jobs that are due at a time, here at once.
//!
//! The pool has no shutdown. Dropping it lets what is due still run, and does not wait. This adapter
//! refuses jobs after `shutdown` and waits by counting the jobs in flight.
//!
//! The pool's own `JobHandle` can raise a flag that is read when the job starts, and cannot tell
//! whether it came in time; the harness's `cancel` can.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, OpenError, Profile, Refused, Shutdown, Spawn, Supplied, WorkerStart,
};
use scheduled_thread_pool::ScheduledThreadPool;

/// A scheduled pool that runs jobs as soon as it can.
pub struct Scheduled {
    pool: ScheduledThreadPool,
    in_flight: InFlight,
}

impl std::fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduled").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

impl Scheduled {
    /// A pool with `workers` threads.
    ///
    /// # Panics
    ///
    /// If `workers` is 0, or a thread cannot be started: the pool says so by panicking.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: ScheduledThreadPool::new(workers), in_flight: InFlight::default() }
    }
}

impl Spawn for Scheduled {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        let _ = self.pool.execute(move || ticket.run(job));
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

/// `scheduled-thread-pool` in the registry.
#[derive(Debug)]
pub struct ScheduledNative;

impl Native for ScheduledNative {
    type Executor = Supplied<Scheduled>;
    const NAME: &'static str = "scheduled-thread-pool";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "a pool for jobs that are due at a time, here at once";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_SCHEDULED_THREAD_POOL");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(Scheduled::new(config.workers)))
    }
}
