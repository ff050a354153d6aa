//! What is started when a driver is needed, and what messages call it.

use super::java::Java;
use super::python;
use super::subjects::{INSTALL, is_package};
use poolproof_harness::{Patience, SetupError};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The environment variable that names the socket to which the driver connects.
const SOCKET: &str = "POOLPROOF_DRIVER";

/// Everything that is needed to start a driver for one subject.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The address of the subject, as the user wrote it.
    pub(super) address: String,
    /// The program, and what it is given.
    pub(super) program: Program,
    /// What the driver is told of the subject in the hello.
    pub(super) subject: String,
    /// The options of the address that are the driver's business.
    pub(super) options: BTreeMap<String, String>,
    /// How long the driver may take to connect and to answer the hello.
    pub(super) patience: Patience,
}

/// The program of a driver.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// The Python driver under this interpreter.
    Python(PathBuf),
    /// The Java driver.
    Java(Java),
    /// A command and its arguments.
    Command(Vec<String>),
}

impl Launch {
    /// How long a hello is waited for unless the address says otherwise: importing a large package
    /// from a cold disk takes seconds.
    pub(super) const PATIENCE: Duration = Duration::from_secs(60);

    /// `of `ADDRESS` (PROGRAM)`, for messages.
    pub(super) fn name(&self) -> String {
        match &self.program {
            Program::Python(interpreter) => format!("of `{}` ({})", self.address, interpreter.display()),
            Program::Java(_) | Program::Command(_) => format!("of `{}`", self.address),
        }
    }

    /// The command that starts the driver, whose socket lies at `socket` in a private directory.
    pub(super) fn command(&self, socket: &Path) -> Result<Command, SetupError> {
        let mut command = match &self.program {
            Program::Python(interpreter) => {
                let directory = socket.parent().unwrap_or(Path::new("."));
                python::command(interpreter, directory, &self.subject)
                    .map_err(|error| SetupError::failed(format!("the Python driver cannot be written: {error}")))?
            }
            Program::Java(java) => java
                .command(socket.parent().unwrap_or(Path::new(".")))
                .map_err(|error| SetupError::failed(format!("the Java driver cannot be written: {error}")))?,
            Program::Command(words) => {
                let mut command = Command::new(words.first().map_or("", String::as_str));
                command.args(words.iter().skip(1));
                command
            }
        };
        // What tells this program what it is for would tell the same to a driver made of it.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("POOLPROOF_") {
                command.env_remove(name);
            }
        }
        command.env(SOCKET, socket);
        Ok(command)
    }

    /// The error with our own advice, if it is about a package that we know.
    pub(super) fn advise(&self, error: SetupError) -> SetupError {
        match error {
            SetupError::NotInstalled { what, .. } if is_package(&self.subject) => {
                SetupError::NotInstalled { what, install: INSTALL.into() }
            }
            error => error,
        }
    }

    /// The error for a program that could not be started.
    pub(super) fn not_started(&self, error: &io::Error) -> SetupError {
        let (program, advice) = match &self.program {
            Program::Python(interpreter) => (interpreter.display().to_string(), "name another after `python@`"),
            Program::Java(_) => ("java".to_owned(), "set JAVA_HOME to another"),
            Program::Command(words) => (words.first().cloned().unwrap_or_default(), "check what follows `driver:`"),
        };
        SetupError::failed(format!("`{program}` of `{}` cannot be started: {error}; {advice}", self.address))
    }
}
