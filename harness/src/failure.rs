//! The ways in which a task, a call or a set-up can end badly.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a finished task ended: with its value, or with the reason why there is none.
pub type Outcome<T> = Result<T, Failure>;

/// An error that the task itself reported: the exception of a Python task, the `Err` of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The type of the error, without module path (`ProbeError`, `ValueError`).
    pub kind: String,
    /// What it says.
    pub message: String,
}

impl Raised {
    /// An error of type `kind` that says `message`.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// Why a finished future holds no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The task reported an error.
    Raised(Raised),
    /// The task panicked, with this message.
    Panicked(String),
    /// The task was cancelled before it started.
    Cancelled,
    /// The executor lost the task: a worker died, the pool is broken, the task was discarded.
    Broken(String),
    /// The task, its result or its error could not cross the border of the process.
    Unserialisable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(raised) => write!(f, "the task raised {raised}"),
            Self::Panicked(message) => write!(f, "the task panicked: {message}"),
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Broken(reason) => write!(f, "the executor lost the task: {reason}"),
            Self::Unserialisable(reason) => write!(f, "the task or its result cannot be serialised: {reason}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The time limit passed before the future was done. Nothing else changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out")
    }
}

impl std::error::Error for TimedOut {}

/// The executor did not accept a task; the task will never run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// It has been shut down.
    Shutdown,
    /// It is broken: a worker or an initialiser failed for good.
    Broken(String),
    /// Its bounded queue is full.
    Full,
    /// Another reason, in its own words (for example an argument error).
    Other(Raised),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shutdown => f.write_str("refused: the executor has been shut down"),
            Self::Broken(reason) => write!(f, "refused: the executor is broken: {reason}"),
            Self::Full => f.write_str("refused: the queue is full"),
            Self::Other(raised) => write!(f, "refused: {raised}"),
        }
    }
}

impl std::error::Error for Refused {}

/// The executor does not offer this operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

/// Why a call on an erased executor or future did not return what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The executor did not accept the task.
    Refused(Refused),
    /// The time limit passed.
    TimedOut,
    /// The executor does not offer this operation.
    Unsupported,
    /// The call raised something that is none of the above.
    Raised(Raised),
    /// The driver that hosts the executor died or broke the protocol.
    Driver(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::TimedOut => TimedOut.fmt(f),
            Self::Unsupported => f.write_str("not offered by this executor"),
            Self::Raised(raised) => write!(f, "the call raised {raised}"),
            Self::Driver(reason) => write!(f, "the driver failed: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl From<Unsupported> for Fault {
    fn from(_: Unsupported) -> Self {
        Self::Unsupported
    }
}

/// A subject could not be set up: one sentence that names what, where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// The thing itself is absent; `install` is the command that brings it.
    NotInstalled {
        /// What is missing.
        what: String,
        /// The command that installs it.
        install: String,
    },
    /// This program was built without it; `command` is the one that builds it in.
    LeftOut {
        /// What is missing.
        what: String,
        /// The command that brings it in.
        command: String,
    },
    /// It is there, and does not work.
    Failed(String),
}

impl SetupError {
    /// A set-up that failed, in one sentence.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled { what, install } => write!(f, "{what} is not installed; install it with: {install}"),
            Self::LeftOut { what, command } => {
                write!(f, "{what} is not part of this build; bring it in with: {command}")
            }
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for SetupError {}
