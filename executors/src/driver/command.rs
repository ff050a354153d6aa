//! Addresses of executors in other languages.

use super::contender::DriverContender;
use super::interpreter::interpreter;
use super::launch::{Launch, Program};
use super::subject::DriverSubject;
use poolproof_harness::{Patience, SetupError};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The options that the Python driver knows.
const PYTHON_OPTIONS: &[(&str, &[&str])] =
    &[("kind", &["thread", "process"]), ("start", &["fork", "spawn", "forkserver"])];

/// Why an address leads to no driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverError {
    /// It is not written as it must be: what to write.
    BadAddress(String),
    /// One of its options is wrong.
    BadOption {
        /// The option.
        key: String,
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// What it needs is not there.
    Setup(SetupError),
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAddress(reason) => f.write_str(reason),
            Self::BadOption { key, reason } => write!(f, "the option `{key}` is wrong: {reason}"),
            Self::Setup(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DriverError {}

impl From<SetupError> for DriverError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

/// The options of an address.
pub type Options = BTreeMap<String, String>;

/// Whether addresses that begin like `body` lead to a driver.
#[must_use]
pub fn is_driven(body: &str) -> bool {
    let language = body.split(':').next().unwrap_or_default();
    language == "driver" || language == "python" || language.starts_with("python@")
}

/// The subject at `address`, whose text before the options is `body`.
///
/// # Errors
///
/// [`DriverError`] if the address is wrong or its interpreter is not there.
pub fn subject(address: &str, body: &str, options: Options) -> Result<DriverSubject, DriverError> {
    launch(address, body, options).map(DriverSubject::new)
}

/// The contender at `address`, as [`subject`].
///
/// # Errors
///
/// [`DriverError`] if the address is wrong or its interpreter is not there.
pub fn contender(address: &str, body: &str, options: Options) -> Result<DriverContender, DriverError> {
    launch(address, body, options).map(DriverContender::new)
}

fn launch(address: &str, body: &str, mut options: Options) -> Result<Launch, DriverError> {
    let patience = patience(&mut options)?;
    let (language, rest) = body.split_once(':').unwrap_or((body, ""));
    let (program, subject) = if language == "driver" {
        let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(DriverError::BadAddress("after `driver:` comes the command that starts the driver".into()));
        }
        (Program::Command(words), String::new())
    } else {
        check_python(rest, &options)?;
        let name = language.strip_prefix("python").and_then(|at| at.strip_prefix('@'));
        (Program::Python(interpreter(name)?.path), rest.to_owned())
    };
    Ok(Launch { address: address.to_owned(), program, subject, options, patience })
}

/// Takes the option that is ours out of those of the driver.
fn patience(options: &mut Options) -> Result<Patience, DriverError> {
    let Some(value) = options.remove("patience") else { return Ok(Patience::at_least(Launch::PATIENCE)) };
    match value.parse() {
        Ok(seconds) if seconds > 0 => Ok(Patience::at_least(Duration::from_secs(seconds))),
        _ => Err(DriverError::BadOption {
            key: "patience".into(),
            reason: format!("`{value}` is not a whole number of seconds, at least 1"),
        }),
    }
}

fn check_python(subject: &str, options: &Options) -> Result<(), DriverError> {
    let named = subject.split_once(':').is_some_and(|(module, factory)| !module.is_empty() && !factory.is_empty());
    if !named && subject != "thread" && subject != "process" {
        let what =
            "after the language comes `thread`, `process` or `MODULE:FACTORY`, as in `python:loky:ProcessPoolExecutor`";
        return Err(DriverError::BadAddress(what.into()));
    }
    for (key, value) in options {
        let bad = |reason: String| DriverError::BadOption { key: key.clone(), reason };
        let Some((_, words)) = PYTHON_OPTIONS.iter().find(|(known, _)| known == key) else {
            return Err(bad("Python subjects know `kind`, `start` and `patience`".into()));
        };
        if !words.contains(&value.as_str()) {
            return Err(bad(format!("`{value}` is none of: {}", words.join(", "))));
        }
    }
    if subject == "thread" && options.contains_key("start") {
        return Err(DriverError::BadOption {
            key: "start".into(),
            reason: "threads are not started as processes".into(),
        });
    }
    Ok(())
}
