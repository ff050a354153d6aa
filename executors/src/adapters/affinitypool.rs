//! affinitypool: SurrealDB's pool, whose futures take their task back when they are dropped.
//!
//! A future of this pool cannot be detached from its task. This adapter wants it detached, so the
//! job itself keeps the future until it runs.
//!
//! `shutdown` is the drop of the pool, which works the queues off and joins the threads.

use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use affinitypool::Threadpool;
use poolproof_harness::{
    Config, DropPolicy, Job, OpenError, Profile, Refused, Shutdown, Spawn, StartOrder, Supplied, WorkerStart,
};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

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
type Handle = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Spawn for Affinity {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let keeper: Arc<Mutex<Option<Handle>>> = Arc::default();
        let kept = Arc::clone(&keeper);
        let handle = self.pool.pass(|pool, ticket| -> Handle {
            Box::pin(pool.spawn(move || {
                // From here on, dropping the future changes nothing.
                drop(kept.lock().unwrap_or_else(PoisonError::into_inner).take());
                ticket.run(job);
            }))
        })?;
        *keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how, drop);
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

fn profile() -> Profile {
    let mut profile = Profile::of_spawn();
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
    type Executor = Supplied<Affinity>;
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
        Ok(Supplied::new(Affinity::new(config.workers)))
    }
}
