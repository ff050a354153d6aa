//! futures-executor's `ThreadPool`, reached through `spawn_ok`.
//!
//! The pool runs futures; a job is one that is ready when it was polled once. A worker counts as
//! being inside an executor, so `futures::executor::block_on` panics in a task; waiting for a future
//! of the harness does not.
//!
//! A task's future is the pool's own `RemoteHandle`: it carries the result and the panic; the future
//! lets it go on when it is dropped. It has no cancel that could say whether it came in time.
//!
//! The pool has no shutdown. Dropping it lets what was spawned still run, and does not wait. This
//! adapter refuses jobs after `shutdown` and waits by counting the jobs in flight.

use crate::adapters::awaited::{self, Gives, Ran, Sent, discarded};
use crate::adapters::handle::{Given, Handle, Handled};
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use futures_channel::oneshot::Canceled;
use futures_executor::ThreadPool;
use futures_util::future::RemoteHandle;
use futures_util::task::SpawnExt;
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, Failure, InFlight, OpenError, Payload, Profile, Refused, SetupError,
    Shutdown, Task, WorkerStart, contain,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A pool for futures that runs jobs.
#[derive(Debug)]
pub struct Futures {
    pool: ThreadPool,
    in_flight: InFlight,
}

impl Futures {
    /// A pool with `workers` threads; there must be at least one.
    ///
    /// # Errors
    ///
    /// What the system says when a thread cannot be started.
    pub fn new(workers: usize) -> std::io::Result<Self> {
        let pool = ThreadPool::builder().pool_size(workers).create()?;
        Ok(Self { pool, in_flight: InFlight::default() })
    }
}

impl Executor for Futures {
    type Future<T: Payload> = Handled<T, Remote<T>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        let ticket = self.in_flight.admit()?;
        let sent = Sent::new(ticket, task);
        let started = sent.started();
        let task = async move { sent.run() };
        let handle = self.pool.spawn_with_handle(task).map_err(|_| Refused::Shutdown)?;
        Ok(Handled::new(started, Remote(handle)))
    }

    fn shutdown(&self, how: Shutdown) {
        self.in_flight.shutdown(how);
    }
}

/// The handle. Of a task that the pool discarded it panics with the error of its channel.
#[derive(Debug)]
pub struct Remote<T>(RemoteHandle<Ran<T>>);

impl<T: Payload> Handle<T> for Remote<T> {
    fn let_go(self) {
        self.0.forget();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Given<T>> {
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.0).poll(context))) {
            Ok(polled) => polled.map(Gives::given),
            Err(payload) if payload.is::<Canceled>() => Poll::Ready(Err(Box::new(discarded()))),
            Err(payload) => {
                let text = contain(|| resume_unwind(payload)).err().unwrap_or_default();
                Poll::Ready(Err(Box::new(Failure::Panicked(text))))
            }
        }
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile().supplied(&[Capability::Shutdown]);
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Detaches;
    profile
}

/// `futures` in the registry.
#[derive(Debug)]
pub struct FuturesNative;

impl Native for FuturesNative {
    type Executor = Futures;
    const NAME: &'static str = "futures";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "the `ThreadPool` of futures-executor, through `spawn_ok`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_FUTURES_EXECUTOR");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Futures::new(config.workers).map_err(|error| {
            SetupError::failed(format!("the threads of futures-executor cannot be started: {error}"))
        })?;
        Ok(pool)
    }
}
