//! switchyard: threads over one queue with priorities, reached through `spawn`.
//!
//! A task's future is the pool's own `JoinHandle`, which carries the result and leaves the task alone when it is
//! dropped. Whoever polls that of a task that panicked panics in its turn, with a text that is always the same, so the
//! profile does not offer panics.
//!
//! `shutdown` is the pool's own `finish`, which joins the threads once they have nothing left to do;
//! dropping the pool does the same. A worker that was just woken for a job may find the pool finished
//! and leave the job behind, whose handle never resolves. Of several jobs with one priority none is promised to be first.

use crate::adapters::awaited::{self, Ran, Sent};
use crate::adapters::handle::Handled;
use crate::adapters::pinned::Pinned;
use crate::adapters::slot::Slot;
use crate::address::{BadOption, Options};
use crate::arguments::only_workers;
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, Config, DropPolicy, Executor, OpenError, Payload, Profile, Refused, SetupError, Shutdown, StartOrder,
    Task, WorkerStart,
};
use std::pin::Pin;
use std::task::{Context, Poll};
use switchyard::threads::ThreadAllocationOutput;
use switchyard::{JoinHandle, Switchyard, SwitchyardCreationError};

/// A switchyard that runs jobs, all of one priority.
pub struct Yard {
    yard: Slot<Switchyard<()>>,
}

impl std::fmt::Debug for Yard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Yard").finish_non_exhaustive()
    }
}

impl Yard {
    /// A switchyard with `workers` threads, none of them pinned to a core.
    ///
    /// # Errors
    ///
    /// What switchyard says when it cannot be created.
    pub fn new(workers: usize) -> Result<Self, SwitchyardCreationError> {
        let threads =
            (0..workers).map(|ident| ThreadAllocationOutput { name: None, ident, stack_size: None, affinity: None });
        Ok(Self { yard: Slot::new(Switchyard::new(threads, || ())?) })
    }
}

impl Executor for Yard {
    // A handle that is dropped leaves its task alone.
    type Future<T: Payload> = Handled<T, Pinned<JoinHandle<Ran<T>>>>;

    fn profile(&self) -> Profile {
        profile()
    }

    #[inline]
    fn submit<T: Task>(&self, task: T) -> Result<Self::Future<T::Output>, Refused> {
        self.yard.pass(|yard, ticket| {
            let sent = Sent::new(ticket, task);
            let started = sent.started();
            Handled::new(started, Pinned::new(yard.spawn(0, Running(Some(sent)))))
        })
    }

    fn shutdown(&self, how: Shutdown) {
        self.yard.shutdown(how, |mut yard| yard.finish());
    }
}

fn profile() -> Profile {
    let mut profile = awaited::profile();
    // The handle does not say what the task panicked with.
    profile.support.remove(&Capability::Panic);
    profile.worker_start = WorkerStart::AtOpening;
    profile.drop_executor = DropPolicy::Waits;
    profile.start_order = StartOrder::Any;
    profile
}

/// A task as switchyard runs it: no `async` block, which would carry its state. `spawn` has room for it twice, and for eight bytes
/// more that would be of a class for which glibc takes a lock.
struct Running<T>(Option<Sent<T>>);

impl<T: Task> Future for Running<T> {
    type Output = Ran<T::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        // It was ready, and nobody polls it again.
        self.0.take().map_or(Poll::Pending, |sent| Poll::Ready(sent.run_telling()))
    }
}

/// The task is moved out of its place, and nobody keeps its address.
impl<T> Unpin for Running<T> {}

/// `switchyard` in the registry.
#[derive(Debug)]
pub struct YardNative;

impl Native for YardNative {
    type Executor = Yard;
    const NAME: &'static str = "switchyard";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "switchyard's threads over one queue with priorities, through `spawn`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_SWITCHYARD");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let yard = Yard::new(config.workers)
            .map_err(|error| SetupError::failed(format!("switchyard cannot be created: {error}")))?;
        Ok(yard)
    }
}
