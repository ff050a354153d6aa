//! executors: pools behind one trait of their own; here two of them, chosen by an option.
//!
//! A task's future is the handle that `spawn` returns: it carries the result; the future
//! detaches it when it is dropped. Its `cancel` cannot say whether it came in time, so it is not offered. A task that
//! panics ends its worker, which is replaced, and the handle says no more than that there is no result, as documented:
//! the profile does not offer panics.
//!
//! `shutdown` is the pool's own, which works once. It gives up after five seconds; this adapter then goes
//! on waiting for the jobs in flight, as it does for whoever calls it again. The pool that steals ends
//! its threads without looking at its queues: what has not started is discarded.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native, OptionHelp};
use async_task::FallibleTask;
use executors::crossbeam_workstealing_pool::{ThreadPool as Stealing, dyn_pool};
use executors::futures_executor::FuturesExecutor as _;
use executors::parker::{DynamicThreadData, StaticParker};
use executors::{Executor as _, crossbeam_channel_pool::ThreadPool as Channel};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, OpenError, Payload, Profile, Refused, Shutdown, StartOrder,
    Task, WorkerStart,
};
use std::sync::atomic::{AtomicBool, Ordering};

/// One of the crate's pools.
#[derive(Clone)]
enum Pool {
    Channel(Channel),
    Stealing(Stealing<StaticParker<DynamicThreadData>>),
}

/// Which of the crate's pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Threads over one channel.
    Channel,
    /// Threads that steal from each other.
    Stealing,
}

/// A pool of the crate `executors` that runs jobs.
pub struct Executors {
    /// Only `None` while it is dropped.
    pool: Option<Pool>,
    in_flight: InFlight,
    /// Whether somebody ends it, or has.
    ended: AtomicBool,
    which: Which,
}

impl std::fmt::Debug for Executors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executors").field("which", &self.which).finish_non_exhaustive()
    }
}

impl Executors {
    /// A pool with `workers` threads.
    ///
    /// # Panics
    ///
    /// If `workers` is 0, or a thread cannot be started: the crate says so by panicking.
    #[must_use]
    pub fn new(which: Which, workers: usize) -> Self {
        let pool = match which {
            Which::Channel => Pool::Channel(Channel::new(workers)),
            Which::Stealing => Pool::Stealing(dyn_pool(workers)),
        };
        Self { pool: Some(pool), in_flight: InFlight::default(), ended: AtomicBool::new(false), which }
    }
}

impl Executor for Executors {
    type Future<T: Payload> = AwaitedFuture<T, FallibleTask<Ran<T>>>;

    fn profile(&self) -> Profile {
        profile(self.which)
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let Some(pool) = &self.pool else { return Err(Refused::Shutdown) };
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| {
            let task = async move { sent.run() };
            match pool {
                Pool::Channel(pool) => pool.spawn(task).fallible(),
                Pool::Stealing(pool) => pool.spawn(task).fallible(),
            }
        }))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.close();
        if !how.wait {
            return;
        }
        // A worker cannot wait for itself: from inside, the other jobs are waited for instead.
        let first = !self.in_flight.is_inside() && !self.ended.swap(true, Ordering::SeqCst);
        let ended = first
            && match &self.pool {
                Some(Pool::Channel(pool)) => pool.shutdown_borrowed().is_ok(),
                Some(Pool::Stealing(pool)) => pool.shutdown_borrowed().is_ok(),
                None => true,
            };
        if !ended {
            self.in_flight.drain();
        }
    }
}

impl Drop for Executors {
    fn drop(&mut self) {
        if self.in_flight.is_inside()
            && let Some(pool) = self.pool.take()
        {
            // Its drop waits for the workers, and this is one of them.
            std::thread::spawn(move || drop(pool));
        }
    }
}

fn profile(which: Which) -> Profile {
    let mut profile = awaited::profile();
    profile.support.remove(&Capability::Panic);
    profile.worker_start = WorkerStart::AtOpening;
    // Each job keeps the pool alive, so what dropping it does depends on who lets go of it last.
    profile.drop_executor = DropPolicy::Undeclared;
    if which == Which::Stealing {
        profile.start_order = StartOrder::Any;
    }
    profile
}

/// `executors` in the registry.
#[derive(Debug)]
pub struct ExecutorsNative {
    which: Which,
}

impl Native for ExecutorsNative {
    type Executor = Executors;
    const NAME: &'static str = "executors";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "the pools of the crate executors, through `execute`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_EXECUTORS");
    const OPTIONS: &'static [OptionHelp] =
        &[("pool", "which one: channel (default), or stealing, whose threads steal from each other")];

    fn configure(options: &Options) -> Result<Self, BadOption> {
        let which = match options.one_of("pool", &["channel", "stealing"])? {
            Some("stealing") => Which::Stealing,
            _ => Which::Channel,
        };
        Ok(Self { which })
    }

    fn profile(&self) -> Profile {
        profile(self.which)
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Executors::new(self.which, config.workers))
    }
}
