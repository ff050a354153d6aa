//! procspawn: a pool of processes that run function pointers, each with one argument.
//!
//! A task's future is the pool's own `JoinHandle`: it carries the result, the panic and the loss of the
//! worker, waits with a limit, and its process is known once the task runs. What it kills when it is
//! dropped may be queued or running, so that is not offered as `cancel`. A worker hands its result over
//! to the handle in person: until somebody takes it, the worker runs nothing else.
//!
//! `shutdown` is the pool's own, which waits until the pool has nothing to do and ends the processes.
//! A pool that was shut down panics when it is used, so this adapter refuses tasks from then on.
//!
//! Workers are this program, started again: [`serve_if_worker`] must come first in `main`.

use crate::adapters::shared_handle::{Joined, Joining, SharedHandle};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, Failure, Kind, OpenError, Outcome, Payload, Profile, Raised, Refused,
    SetupError, Shutdown, Task, WorkerLossPolicy, WorkerStart,
};
use procspawn::{JoinHandle, Pool, SpawnError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// If procspawn started this process as a worker, is one, and exits; else returns at once.
pub fn serve_if_worker() {
    procspawn::init();
}

/// A pool of processes that run tasks.
#[derive(Debug)]
pub struct Procspawn {
    pool: Pool,
    closed: AtomicBool,
}

impl Procspawn {
    /// A pool with `workers` processes.
    ///
    /// # Errors
    ///
    /// What procspawn says when it cannot start them.
    pub fn new(workers: usize) -> Result<Self, SpawnError> {
        Ok(Self { pool: Pool::new(workers)?, closed: AtomicBool::new(false) })
    }
}

/// What the worker calls.
fn run<T: Task>(task: T) -> Result<T::Output, Raised> {
    task.run()
}

impl Executor for Procspawn {
    type Future<T: Payload> = SharedHandle<T, JoinHandle<Result<T, Raised>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Refused::Shutdown);
        }
        Ok(SharedHandle::new(self.pool.spawn(task, run::<T>)))
    }

    fn shutdown(&self, how: Shutdown) {
        self.closed.store(true, Ordering::SeqCst);
        if how.wait {
            self.pool.shutdown();
        }
    }
}

impl<T: Payload> Joining<T> for JoinHandle<Result<T, Raised>> {
    fn join(&mut self, limit: Option<Duration>) -> Joined<T> {
        // `join` without a limit uses the handle up; a limit that no clock reaches does not.
        match self.join_timeout(limit.unwrap_or(Duration::MAX / 4)) {
            Ok(result) => Joined::Done(result.map_err(Failure::Raised)),
            Err(error) if error.is_timeout() => Joined::NotYet,
            Err(error) => Joined::Done(lost(&error)),
        }
    }

    fn is_running(&self) -> bool {
        self.pid().is_some()
    }
}

/// In the words of the harness.
fn lost<T>(error: &SpawnError) -> Outcome<T> {
    Err(match error.panic_info() {
        Some(panic) => Failure::Panicked(panic.message().to_owned()),
        None if error.is_cancellation() => Failure::Cancelled,
        None => Failure::Broken(error.to_string()),
    })
}

fn profile() -> Profile {
    let native = [
        Capability::Submit,
        Capability::Concurrency,
        Capability::Timeout,
        Capability::Shutdown,
        Capability::Panic,
        Capability::Isolation,
        Capability::WorkerLoss,
    ];
    let mut profile = Profile::new(Kind::Process, &native).supplied(&[Capability::Map]);
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Cancels;
    profile.drop_future = DropPolicy::Cancels;
    profile.worker_loss = WorkerLossPolicy::Replaced;
    profile
}

/// `procspawn` in the registry.
#[derive(Debug)]
pub struct ProcspawnNative;

impl Native for ProcspawnNative {
    type Executor = Procspawn;
    const NAME: &'static str = "procspawn";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "procspawn's pool of processes, through `spawn` and its handle";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_PROCSPAWN");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Procspawn::new(config.workers)
            .map_err(|error| SetupError::failed(format!("the processes of procspawn cannot be started: {error}")))?;
        Ok(pool)
    }
}
