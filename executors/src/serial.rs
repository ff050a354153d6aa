//! The serial executor: every task runs at submit, in the thread that submits it.
//!
//! It is the baseline of every comparison and the simplest executor that keeps the contract. A
//! task is done before its future exists, so there is nothing to cancel and nothing runs
//! concurrently, unless several threads submit.

use crate::address::{BadOption, Options};
use crate::arguments::{at_least_one_worker, no_recycling};
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, CellFuture, Config, DropPolicy, Executor, InFlight, Job, Kind, NestedPolicy, OpenError, Payload, Probe,
    Profile, Refused, Shutdown, Task, contain, run_initialiser,
};
use std::sync::OnceLock;

/// Runs every task at submit, in the caller.
///
/// ```
/// use poolproof_executors::serial::SerialExecutor;
/// use poolproof_harness::{Executor, Future, Work, Workload};
/// let executor = SerialExecutor::new();
/// let future = executor.submit(Work { number: 5, workload: Workload::Empty, turns: 0, port: 0 })?;
/// assert_eq!(future.result(None), Ok(Ok(Work::answer(5))));
/// # Ok::<(), poolproof_harness::Refused>(())
/// ```
#[derive(Debug, Default)]
pub struct SerialExecutor {
    running: InFlight,
    initialiser: Option<Probe>,
    initialised: OnceLock<Result<(), String>>,
}

impl SerialExecutor {
    /// An open executor.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs the initialiser before the first task, which waits for it; a failure breaks the
    /// executor for good.
    fn initialise(&self) -> Result<(), Refused> {
        let Some(probe) = &self.initialiser else { return Ok(()) };
        let run = || match contain(|| run_initialiser(probe.clone())) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(raised)) => Err(format!("the initialiser failed: {raised}")),
            Err(panic) => Err(format!("the initialiser panicked: {panic}")),
        };
        self.initialised.get_or_init(run).clone().map_err(Refused::Broken)
    }
}

impl Executor for SerialExecutor {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        let ticket = self.running.admit()?;
        self.initialise()?;
        let (job, future) = Job::with_future(task);
        ticket.run(job);
        Ok(future)
    }

    fn shutdown(&self, how: Shutdown) {
        self.running.shutdown(how);
    }
}

fn profile() -> Profile {
    let mut profile = Profile::new(
        Kind::Inline,
        &[
            Capability::Submit,
            Capability::Timeout,
            Capability::Callback,
            Capability::Map,
            Capability::Wait,
            Capability::AsCompleted,
            Capability::Shutdown,
            Capability::Initialiser,
            Capability::Nested,
            Capability::Panic,
        ],
    );
    profile.drop_executor = DropPolicy::Waits;
    profile.nested = NestedPolicy::Progresses;
    profile.worker_limit = Some(false);
    profile
}

/// `serial` in the registry.
#[derive(Debug)]
pub struct SerialNative;

impl Native for SerialNative {
    type Executor = SerialExecutor;
    const NAME: &'static str = "serial";
    const FAMILY: Family = Family::Reference;
    const SUMMARY: &'static str = "runs each task at submit, in the caller: the baseline";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<SerialExecutor, OpenError> {
        at_least_one_worker(config.workers)?;
        no_recycling(config)?;
        Ok(SerialExecutor { initialiser: config.initialiser.clone(), ..SerialExecutor::default() })
    }
}
