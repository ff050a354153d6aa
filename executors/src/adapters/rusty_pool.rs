//! rusty_pool: threads that are started as jobs come, reached through `execute`.
//!
//! A task's future is what the pool's own `JoinHandle` receives from. A task that panics ends its worker,
//! which is replaced; of the panic the handle says no more than that the task was cancelled, as
//! documented, so the profile does not offer panics.
//!
//! `shutdown` is the pool's own `shutdown_join`, which uses the pool up: the channel is worked off
//! and waited for. Dropping the pool lets its threads work the channel off, and does not wait.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use futures_channel::oneshot::Receiver;
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, OpenError, Payload, Profile, Refused, Shutdown, Task, WorkerStart,
};
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

impl Executor for RustyPool {
    // A handle that is dropped leaves its task alone.
    type Future<T: Payload> = AwaitedFuture<T, Receiver<Ran<T>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        self.pool.pass(|pool, ticket| submit(ticket, task, |sent| pool.evaluate(move || sent.run()).receiver))
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how, ThreadPool::shutdown_join);
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile();
    // As documented: a core worker for each task until there are enough, whoever is idle.
    profile.worker_start = WorkerStart::WithEachTask;
    // The handle says no more than that the task was cancelled.
    profile.support.remove(&Capability::Panic);
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `rusty_pool` in the registry.
#[derive(Debug)]
pub struct RustyPoolNative;

impl Native for RustyPoolNative {
    type Executor = RustyPool;
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
        Ok(RustyPool::new(config.workers))
    }
}
