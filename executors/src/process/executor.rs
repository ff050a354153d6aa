//! The executor: submit, map, shutdown.

use super::builder::Builder;
use super::chunk::{self, unserialisable};
use super::draft::Room;
use super::message::Items;
use super::parcel::{Parcel, Single};
use super::shared::Shared;
use poolproof_harness::{
    Capability, CellFuture, Config, Executor, Kind, MapOptions, MapResults, OpenError, Payload, Profile, Promise,
    Refused, Shutdown, Task, WorkerLossPolicy, WorkerStart, buffered_map,
};
use std::sync::Arc;

/// Runs tasks in worker processes of this same program.
///
/// The program must begin with [`serve_if_worker`](super::serve_if_worker). Workers are started
/// when there are tasks for them, at most as many as were asked for. A task is serialised when it
/// is submitted: what the caller changes later does not reach it.
///
/// Dropping the executor waits like [`Shutdown::WAIT`]. A program that ends takes its workers with
/// it, whatever they are doing.
///
/// ```no_run
/// use poolproof_executors::process::{ProcessExecutor, serve_if_worker};
/// use poolproof_harness::{Executor, Future, Shutdown, Work, Workload};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     serve_if_worker();
///     let executor = ProcessExecutor::new(2)?;
///     let future = executor.submit(Work { number: 7, workload: Workload::Empty, turns: 0, port: 0 })?;
///     assert_eq!(future.result(None)?, Ok(Work::answer(7)));
///     executor.shutdown(Shutdown::WAIT);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct ProcessExecutor {
    pub(super) shared: Arc<Shared>,
}

impl ProcessExecutor {
    /// An executor of at most `workers` worker processes.
    ///
    /// # Errors
    ///
    /// As [`Builder::open`].
    pub fn new(workers: usize) -> Result<Self, OpenError> {
        Self::builder(workers).open()
    }

    /// An executor of at most `workers` worker processes, with more to be said about it.
    #[must_use]
    pub fn builder(workers: usize) -> Builder {
        Builder::from(&Config::workers(workers))
    }

    /// What every process executor declares.
    #[must_use]
    pub fn declared_profile() -> Profile {
        let native = [
            Capability::Submit,
            Capability::Concurrency,
            Capability::Timeout,
            Capability::Cancel,
            Capability::Callback,
            Capability::Map,
            Capability::Chunksize,
            Capability::Buffersize,
            Capability::Wait,
            Capability::AsCompleted,
            Capability::Shutdown,
            Capability::CancelFutures,
            Capability::Initialiser,
            Capability::Isolation,
            Capability::WorkerLoss,
            Capability::Panic,
        ];
        let policies = Profile::new(Kind::Process, &native);
        Profile { worker_loss: WorkerLossPolicy::Replaced, worker_start: WorkerStart::AsNeeded, ..policies }
    }
}

fn submit<T: Task>(shared: &Arc<Shared>, task: T) -> Result<CellFuture<T::Output>, Refused> {
    shared.admits()?;
    let mut items = Items::run(T::NAME, Room::Spare(&shared.spares));
    let packed = items.push(&task);
    // What the task holds is released here; from now on it is bytes.
    drop(task);
    let (promise, future) = Promise::attended();
    match packed {
        Ok(()) => {
            let receipt = Box::new(Single { promise, name: T::NAME });
            shared.push(Parcel::new(T::NAME, items, receipt))?;
        }
        // It fails alone, and never meets a worker.
        Err(problem) => promise.complete(Err(unserialisable::<T>(&problem))),
    }
    Ok(future)
}

impl Executor for ProcessExecutor {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        Self::declared_profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        submit(&self.shared, task)
    }

    fn map<T: Task>(
        &self,
        tasks: &mut dyn Iterator<Item = T>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        chunk::map(&self.shared, tasks, options)
    }

    /// Items go one by one whatever the chunksize: a chunk would run ahead of the reader.
    fn map_buffered<T: Task>(
        &self,
        tasks: Box<dyn Iterator<Item = T> + Send>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        let shared = Arc::clone(&self.shared);
        buffered_map(move |task| submit(&shared, task), tasks, options)
    }

    fn round_trips(&self) -> Option<u64> {
        Some(self.shared.round_trips())
    }

    fn shutdown(&self, how: Shutdown) {
        self.shared.shutdown(how);
    }
}

impl Drop for ProcessExecutor {
    fn drop(&mut self) {
        self.shared.shutdown(Shutdown::WAIT);
    }
}
