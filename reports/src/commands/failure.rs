//! Why a command did not do what was asked.

use crate::run::{Exit, RunError};
use std::fmt;

/// One sentence for the user, and the exit code that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: String,
    exit: Exit,
}

impl Failure {
    /// A mistake in how the command was used, or something that cannot be set up.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::Usage }
    }

    /// Nothing was there to run.
    pub fn nothing_ran(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::NothingRan }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::escape::line(&self.message))
    }
}

impl std::error::Error for Failure {}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::usage(error.to_string())
    }
}
