//! A new thread for each task: the naive baseline that every pool is meant to beat.
//!
//! The number of workers limits nothing: every accepted task starts at once.

use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Config, DropPolicy, InFlight, Job, NestedPolicy, OpenError, Profile, Raised, Refused, Shutdown, Spawn, StartOrder,
    Supplied,
};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Starts a thread for each job.
#[derive(Debug, Default)]
pub struct ThreadPerTask {
    in_flight: InFlight,
    threads: Mutex<Threads>,
}

/// The threads to join, swept of those that ended whenever their number has doubled.
#[derive(Debug, Default)]
struct Threads {
    handles: Vec<JoinHandle<()>>,
    sweep_at: usize,
}

impl Threads {
    fn push(&mut self, thread: JoinHandle<()>) {
        if self.handles.len() >= self.sweep_at {
            self.handles.retain(|thread| !thread.is_finished());
            self.sweep_at = (self.handles.len() * 2).max(64);
        }
        self.handles.push(thread);
    }
}

impl Spawn for ThreadPerTask {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        let ticket = self.in_flight.admit()?;
        let thread = Builder::new().name("poolproof-task".into()).spawn(move || ticket.run(job));
        let thread = thread.map_err(|error| {
            Refused::Other(Raised::new("OsError", format!("no thread can be started for the task: {error}")))
        })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
        if how.wait && !self.in_flight.is_inside() {
            // A task that shuts its own executor down cannot join the thread it runs in.
            for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).handles.drain(..) {
                // The job contains every panic, so there is none to pass on.
                let _ = thread.join();
            }
        }
    }

    fn profile(&self) -> Profile {
        profile()
    }
}

fn profile() -> Profile {
    let mut profile = Profile::of_spawn();
    profile.worker_limit = Some(false);
    profile.nested = NestedPolicy::Progresses;
    profile.start_order = StartOrder::Any;
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `thread-per-task` in the registry.
#[derive(Debug)]
pub struct ThreadPerTaskNative;

impl Native for ThreadPerTaskNative {
    type Executor = Supplied<ThreadPerTask>;
    const NAME: &'static str = "thread-per-task";
    const FAMILY: Family = Family::Reference;
    const SUMMARY: &'static str = "a new thread for each task: the naive baseline";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        Ok(Supplied::new(ThreadPerTask::default()))
    }
}
