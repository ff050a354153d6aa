//! beekeeper: a hive of threads that each own a worker, here one that calls closures.
//!
//! `shutdown` is the hive's own `close`, which uses the hive up and waits until its queue is empty.
//! Dropping the hive discards what has not started. The hive keeps the outcome of every job for
//! somebody to collect; here that is whoever submits the next one.

use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use beekeeper::bee::stock::{Thunk, ThunkWorker};
use beekeeper::hive::{Builder, DefaultHive, OpenBuilder, OutcomeReceiver, OutcomeSender, outcome_channel};
use poolproof_harness::{Config, DropPolicy, Job, OpenError, Profile, Refused, Shutdown, Spawn, Supplied, WorkerStart};
use std::sync::Mutex;

/// Calls closures that return nothing.
type Caller = ThunkWorker<()>;

/// A hive that runs jobs.
pub struct Beekeeper {
    hive: Slot<DefaultHive<Caller>>,
    done: OutcomeSender<Caller>,
    outcomes: Mutex<OutcomeReceiver<Caller>>,
}

impl std::fmt::Debug for Beekeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beekeeper").finish_non_exhaustive()
    }
}

impl Beekeeper {
    /// A hive with `workers` threads over one channel, from which each takes one job at a time.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        let builder = OpenBuilder::empty().num_threads(workers).with_no_local_batching();
        let hive = builder.with_worker_default::<Caller>().with_channel_queues().build();
        let (done, outcomes) = outcome_channel::<Caller>();
        Self { hive: Slot::new(hive), done, outcomes: Mutex::new(outcomes) }
    }
}

impl Spawn for Beekeeper {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        if let Ok(outcomes) = self.outcomes.try_lock() {
            outcomes.try_iter().for_each(drop);
        }
        self.hive.pass(|hive, ticket| {
            hive.apply_send(Thunk::from(move || ticket.run(job)), &self.done);
        })
    }

    fn shutdown(&self, how: Shutdown) {
        self.hive.shutdown(how, |hive| {
            hive.close(false);
        });
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

fn profile() -> Profile {
    let mut profile = Profile::of_spawn();
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Cancels;
    profile
}

/// `beekeeper` in the registry.
#[derive(Debug)]
pub struct BeekeeperNative;

impl Native for BeekeeperNative {
    type Executor = Supplied<Beekeeper>;
    const NAME: &'static str = "beekeeper";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "beekeeper's hive of threads over one channel, through `apply_send`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_BEEKEEPER");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(Beekeeper::new(config.workers)))
    }
}
