//! blocking: smol's pool for blocking work, reached through `unblock`.
//!
//! There is one pool for the whole process. It starts a thread when work queues up, lets idle ones
//! go, and is limited only by the environment variable `BLOCKING_MAX_THREADS` (500 by default): the
//! number of workers that this adapter is asked for limits nothing.
//!
//! A task's future is the pool's own `Task`: it carries the result and the panic; the future
//! detaches it when it is dropped. Its `cancel` cannot say whether it came in time, so it is not offered.
//!
//! Such a pool cannot be shut down. This adapter refuses jobs after `shutdown` and waits by counting
//! the jobs in flight.

use crate::adapters::awaited::{self, AwaitedFuture, Ran, submit};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use async_task::FallibleTask;
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, InFlight, NestedPolicy, OpenError, Payload, Profile, Refused, Shutdown,
    StartOrder, Task, WorkerStart,
};

/// A view of the process's blocking pool.
#[derive(Debug, Default)]
pub struct Blocking {
    in_flight: InFlight,
}

impl Executor for Blocking {
    type Future<T: Payload> = AwaitedFuture<T, FallibleTask<Ran<T>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let ticket = self.in_flight.admit()?;
        Ok(submit(ticket, task, |sent| blocking::unblock(move || sent.run()).fallible()))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AsNeeded;
    profile.worker_limit = Some(false);
    profile.nested = NestedPolicy::Progresses;
    profile.start_order = StartOrder::Any;
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `blocking` in the registry.
#[derive(Debug)]
pub struct BlockingNative;

impl Native for BlockingNative {
    type Executor = Blocking;
    const NAME: &'static str = "blocking";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "smol's one pool for blocking work, through `unblock`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_BLOCKING");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Blocking::default())
    }
}
