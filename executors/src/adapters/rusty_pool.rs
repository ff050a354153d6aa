//! rusty_pool: threads that are started as jobs come, reached through `execute`.
//!
//! `shutdown` is the pool's own `shutdown_join`, which uses the pool up: the channel is worked off
//! and waited for. Dropping the pool lets its threads work the channel off, and does not wait.

use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{Config, DropPolicy, Job, OpenError, Profile, Refused, Shutdown, Spawn, Supplied};
use rusty_pool::{Builder, ThreadPool};

/// A rusty_pool pool that runs jobs.
pub struct RustyPool {
    pool: Slot<ThreadPool>,
}

impl std::fmt::Debug for RustyPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RustyPool").finish_non_exhaustive()
    }
}

impl RustyPool {
    /// A pool with at most `workers` threads, all of them core threads, which never time out.
    ///
    /// # Panics
    ///
    /// If `workers` is 0: rusty_pool says so by panicking.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: Slot::new(Builder::new().core_size(workers).max_size(workers).build()) }
    }
}

impl Spawn for RustyPool {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        self.pool.spawn(job, |pool, ticket, job| pool.execute(move || ticket.run(job)))
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how, ThreadPool::shutdown_join);
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

fn profile() -> Profile {
    let mut profile = Profile::of_spawn();
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `rusty_pool` in the registry.
#[derive(Debug)]
pub struct RustyPoolNative;

impl Native for RustyPoolNative {
    type Executor = Supplied<RustyPool>;
    const NAME: &'static str = "rusty_pool";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "rusty_pool's threads over one channel, through `execute`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_RUSTY_POOL");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(RustyPool::new(config.workers)))
    }
}
