//! affinitypool: SurrealDB's pool, whose futures take their task back when they are dropped.
//!
//! A task's future is the one that `spawn` returns: it carries the result and the panic. Its type has no
//! name, so it is boxed. It cannot be detached from its task: one that is let go is kept until the
//! task has ended.
//!
//! `shutdown` is the drop of the pool, which works the queues off and joins the threads.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use affinitypool::Threadpool;
use poolproof_harness::{
    Config, DropPolicy, Executor, OpenError, Payload, Profile, Refused, Shutdown, StartOrder, Task, WorkerStart,
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

/// The pool's future, which takes its task back when it is dropped before the task starts.
type Boxed<T> = Pin<Box<dyn Future<Output = Ran<T>> + Send>>;

impl Executor for Affinity {
    type Future<T: Payload> = AwaitedFuture<T, Boxed<T>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        self.pool.pass(|pool, ticket| {
            submit(ticket, task, |sent| -> Boxed<T::Output> { Box::pin(pool.spawn(move || sent.run())) })
        })
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how, drop);
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile();
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Waits;
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
    const SUMMARY: &'static str = "SurrealDB's pool, through `spawn` and its future";
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
