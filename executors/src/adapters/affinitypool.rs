//! affinitypool: SurrealDB's pool, whose futures take their task back when they are dropped.
//!
//! A task's future is the pool's own: it carries the result and the panic. It cannot be detached, and
//! what it takes back it takes back silently, so that is not offered as `cancel`.
//!
//! `shutdown` is the drop of the pool, which works the queues off and joins the threads.

use crate::adapters::awaited::{self, AwaitedFuture, run, submit};
use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use affinitypool::Threadpool;
use poolproof_harness::{
    Config, DropPolicy, Executor, OpenError, Payload, Profile, Raised, Refused, Shutdown, StartOrder, Task,
};
use std::fmt;
use std::pin::Pin;

/// An affinitypool pool that runs jobs.
pub struct Affinity {
    pool: Slot<Threadpool>,
}

impl fmt::Debug for Affinity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Affinity").finish_non_exhaustive()
    }
}

impl Affinity {
    /// A pool with `workers` threads; affinitypool starts at least one and at most 512.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: Slot::new(Threadpool::new(workers)) }
    }
}

/// The pool's future, whose type has no name.
type Handle<T> = Pin<Box<dyn Future<Output = Result<T, Raised>> + Send>>;

impl Executor for Affinity {
    // A future that is dropped cancels its task.
    type Future<T: Payload> = AwaitedFuture<T, Handle<T>, false>;

    fn profile(&self) -> Profile {
        profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        self.pool.pass(|pool, ticket| {
            submit(task, |started, task| -> Handle<T::Output> {
                Box::pin(pool.spawn(move || ticket.during(|| run(started, task))))
            })
        })
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how, drop);
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile();
    profile.drop_executor = DropPolicy::Waits;
    profile.drop_future = DropPolicy::Cancels;
    // Each submitting thread has a queue that it prefers.
    profile.start_order = StartOrder::Any;
    profile
}

/// `affinitypool` in the registry.
#[derive(Debug)]
pub struct AffinityNative;

impl Native for AffinityNative {
    type Executor = Affinity;
    const NAME: &'static str = "affinitypool";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "SurrealDB's pool, through `spawn`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_AFFINITYPOOL");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Affinity::new(config.workers))
    }
}
