//! Subjects: executors under test, erased so that one check serves all of them.

use crate::{
    Actor, Failure, Fault, Gatehouse, HouseAddress, MapOptions, Moment, Outcome, Probe, Profile, ReturnWhen,
    SetupError, Shutdown, State, Value, Witness,
};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// What a subject says of itself before it is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Its address, as the user wrote it.
    pub address: String,
    /// The language it is written in (`Rust`, `CPython`).
    pub language: String,
    /// The version that the ledger compares, a bare version number (`3.13.0`).
    pub version: String,
    /// Everything one needs to install the same thing again (`CPython 3.13.0, loky 3.5.1`).
    pub versions: String,
    /// Its declared profile.
    pub profile: Profile,
    /// How many seconds all checks of it take together, where somebody measured that and it is more than a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_seconds: Option<u32>,
}

/// How a subject is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// How many workers it has.
    pub workers: usize,
    /// Runs once in each worker before its first task.
    pub initialiser: Option<Probe>,
    /// A worker is replaced after this many tasks.
    pub max_tasks_per_worker: Option<usize>,
}

impl Config {
    /// `workers` workers and nothing else.
    #[must_use]
    pub fn workers(workers: usize) -> Self {
        Self { workers, initialiser: None, max_tasks_per_worker: None }
    }
}

/// An executor under test.
pub trait Subject: Debug + Send + Sync {
    /// The address under which it was asked for.
    fn address(&self) -> &str;

    /// Version and declared profile; may start a driver to find out.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if it is not installed or does not answer.
    fn describe(&self) -> Result<Description, SetupError>;

    /// Opens a fresh executor whose tasks stop at the gates of `house`. The answer is registered
    /// with the house; its number is the second part.
    ///
    /// # Errors
    ///
    /// [`OpenError::Setup`] if it cannot be set up; [`OpenError::Rejected`] if the executor itself
    /// rejects an argument (zero workers, say).
    fn open(&self, config: &Config, house: &Gatehouse) -> Result<(Arc<dyn AnyExecutor>, u32), OpenError>;
}

/// Why a subject did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It cannot be set up at all.
    Setup(SetupError),
    /// The executor itself rejected its arguments.
    Rejected(crate::Raised),
}

impl From<SetupError> for OpenError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Setup(error) => write!(f, "{error}"),
            Self::Rejected(raised) => write!(f, "the executor rejected its arguments: {raised}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// A probe that is run when a future is done.
pub type Callback = Probe;

/// The input of a map: probes, and what reading them does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The items.
    pub probes: Vec<Probe>,
    /// Reading this item fails instead (with a panic, or the language's error).
    pub fails_at: Option<usize>,
    /// Where each read is noted.
    pub house: HouseAddress,
}

impl Input {
    /// The input as an iterator that notes each read.
    ///
    /// # Panics
    ///
    /// The iterator panics at `fails_at`.
    pub fn into_items(self) -> impl Iterator<Item = Probe> {
        let witness = Witness::connect(&self.house, Actor::Input);
        let fails_at = self.fails_at;
        self.probes.into_iter().enumerate().map(move |(index, probe)| {
            witness.note(Moment::Pulled(index));
            assert!(fails_at != Some(index), "the input of the map fails at item {index}, on purpose");
            probe
        })
    }
}

/// An open executor, erased.
pub trait AnyExecutor: Send + Sync {
    /// Accepts a probe.
    ///
    /// # Errors
    ///
    /// [`Fault::Refused`], or the driver's failure.
    fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, Fault>;

    /// Maps over `input`.
    ///
    /// # Errors
    ///
    /// [`Fault::Refused`], [`Fault::Raised`] for a rejected argument, or the driver's failure.
    fn map(&self, input: Input, options: MapOptions) -> Result<Box<dyn AnyMap>, Fault>;

    /// Waits for futures of this executor; the same future may be named more than once.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or the driver's failure.
    fn wait(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        when: ReturnWhen,
        timeout: Option<Duration>,
    ) -> Result<AnyWaited, Fault>;

    /// Yields futures of this executor as they complete; the same may be named more than once.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or the driver's failure.
    fn as_completed(
        &self,
        futures: &[Arc<dyn AnyFuture>],
        timeout: Option<Duration>,
    ) -> Result<Box<dyn AnyCompleted>, Fault>;

    /// Shuts it down.
    ///
    /// # Errors
    ///
    /// [`Fault::Raised`] if the call itself raised, [`Fault::Unsupported`], or the driver's failure.
    fn shutdown(&self, how: Shutdown) -> Result<(), Fault>;

    /// Drops the executor without shutting it down. Later calls are refused.
    ///
    /// # Errors
    ///
    /// The driver's failure.
    fn release(&self) -> Result<(), Fault>;

    /// Ends the program that holds the executor, as programs end when they have nothing left to
    /// do, and waits until it has ended. An executor of this very process runs what it has for
    /// that moment instead. Answers the exit code.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or how the program ended if it left no exit code.
    fn end_program(&self) -> Result<i32, Fault> {
        Err(Fault::Unsupported)
    }

    /// From now on no worker can be started, as on a machine that has no thread and no process
    /// left; or it can again.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or the driver's failure.
    fn exhaust(&self, _exhausted: bool) -> Result<(), Fault> {
        Err(Fault::Unsupported)
    }

    /// Submits `times` tasks that do nothing, each while code that interrupts the submitting thread
    /// (a signal handler, a finaliser) submits one as well, and waits for them.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], what submit says, or the driver's failure.
    fn submit_interrupted(&self, _times: usize) -> Result<(), Fault> {
        Err(Fault::Unsupported)
    }
}

/// A future, erased. Dropping it drops the future.
pub trait AnyFuture: Send + Sync {
    /// Waits for the outcome.
    ///
    /// # Errors
    ///
    /// [`Fault::TimedOut`], or the driver's failure.
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<Value>, Fault>;

    /// Waits for the failure, if any (`exception()`); a cancelled future answers
    /// [`Failure::Cancelled`].
    ///
    /// # Errors
    ///
    /// [`Fault::TimedOut`], or the driver's failure.
    fn exception(&self, timeout: Option<Duration>) -> Result<Option<Failure>, Fault> {
        self.result(timeout).map(Result::err)
    }

    /// The predicates now.
    ///
    /// # Errors
    ///
    /// The driver's failure.
    fn state(&self) -> Result<State, Fault>;

    /// Cancels it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], [`Fault::Raised`] if the call itself raised, or the driver's failure.
    fn cancel(&self) -> Result<bool, Fault>;

    /// Registers a callback.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], [`Fault::Raised`] if the call itself raised, or the driver's failure.
    fn on_done(&self, callback: Callback) -> Result<(), Fault>;

    /// Awaits the outcome from asynchronous code, in an event loop that does nothing else.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or the driver's failure.
    fn awaited(&self) -> Result<Outcome<Value>, Fault> {
        Err(Fault::Unsupported)
    }

    /// Completes the future with a value, as its executor would.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], [`Fault::Raised`] if the future refuses, or the driver's failure.
    fn complete(&self, _value: Value) -> Result<(), Fault> {
        Err(Fault::Unsupported)
    }

    /// How much the stored error of a failed future holds: the frames of its traceback, say.
    ///
    /// # Errors
    ///
    /// [`Fault::Unsupported`], or the driver's failure.
    fn error_weight(&self) -> Result<usize, Fault> {
        Err(Fault::Unsupported)
    }

    /// For the executor that made it, to find its own future again.
    fn as_any(&self) -> &dyn Any;
}

/// The results of a map, erased. Dropping it drops the iterator without closing it.
pub trait AnyMap: Send {
    /// The next result, in input order; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Fault::TimedOut`] at the map's limit, or the driver's failure.
    fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault>;
}

/// What `wait` found: positions of first occurrence in the list that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnyWaited {
    /// Done, ascending.
    pub done: Vec<usize>,
    /// Not done, ascending.
    pub not_done: Vec<usize>,
}

/// Futures in completion order, erased.
pub trait AnyCompleted: Send {
    /// The position (of first occurrence) of the next future that is done; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Fault::TimedOut`] at the limit, or the driver's failure.
    fn next(&mut self) -> Result<Option<usize>, Fault>;
}

/// Runs an initialiser probe in the worker that calls this.
///
/// # Errors
///
/// What the probe raises.
pub fn run_initialiser(probe: Probe) -> Result<(), crate::Raised> {
    probe.run_as(Actor::Initialiser).map(drop)
}
