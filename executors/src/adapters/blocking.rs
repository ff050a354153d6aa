//! blocking: smol's pool for blocking work, reached through `unblock`.
//!
//! There is one pool for the whole process. It starts a thread when work queues up, lets idle ones
//! go, and is limited only by the environment variable `BLOCKING_MAX_THREADS` (500 by default): the
//! number of workers that this adapter is asked for limits nothing.
//!
//! Such a pool cannot be shut down. This adapter refuses jobs after `shutdown` and waits by counting
//! the jobs in flight.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, InFlight, Job, NestedPolicy, OpenError, Profile, Refused, Shutdown, Spawn,
    StartOrder, Supplied,
};

/// A view of the process's blocking pool.
#[derive(Debug, Default)]
pub struct Blocking {
    in_flight: InFlight,
}

impl Spawn for Blocking {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        // A handle that is dropped cancels its task; one that is detached does not.
        blocking::unblock(move || ticket.run(job)).detach();
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
    profile.worker_limit = false;
    profile.nested = NestedPolicy::Progresses;
    profile.start_order = StartOrder::Any;
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `blocking` in the registry.
#[derive(Debug)]
pub struct BlockingNative;

impl Native for BlockingNative {
    type Executor = Supplied<Blocking>;
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
        Ok(Supplied::new(Blocking::default()))
    }
}
