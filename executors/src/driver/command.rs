//! Addresses of executors in other languages.

use super::contender::DriverContender;
use super::conversation::Conversation;
use super::interpreter::interpreter;
use super::java::java;
use super::launch::{Launch, Program};
use super::subject::DriverSubject;
use super::subjects::{environment, is_package};
use crate::address::{Address, BadOption, Options};
use crate::registry::{OptionHelp, RegistryError};
use poolproof_harness::Patience;
use std::time::Duration;

/// The executors of Python's standard library.
const STANDARD: [&str; 2] = ["thread", "process"];

/// The option that is ours, for every driver.
pub(super) const PATIENCE: &str = "patience";

/// The options of Python subjects.
pub(super) const PYTHON_OPTIONS: &[OptionHelp] = &[
    ("start", "how processes are started: fork, spawn or forkserver; Python's default without it"),
    ("kind", "where tasks run: thread, process or cluster, if the driver takes it for another"),
    (PATIENCE, "seconds within which the driver must answer its hello"),
];

/// Whether `address` leads to a driver.
#[must_use]
pub fn is_driven(address: &Address) -> bool {
    let language = address.body().split_once(':').map(|(language, _)| language);
    language.is_some_and(|language| ["driver", "python", "java"].contains(&language) || language.starts_with("python@"))
}

/// The subject at `address`.
///
/// # Errors
///
/// [`RegistryError`] if the address is wrong or its interpreter is not there.
pub fn subject(address: &Address) -> Result<DriverSubject, RegistryError> {
    launch(address).map(DriverSubject::new)
}

/// The contender at `address`.
///
/// # Errors
///
/// [`RegistryError`] if the address is wrong or its interpreter is not there.
pub fn contender(address: &Address) -> Result<DriverContender, RegistryError> {
    launch(address).map(DriverContender::new)
}

/// A conversation with the driver of `address`, line by line.
pub(crate) fn converse(address: &Address, patience: Patience) -> Result<Conversation, RegistryError> {
    Ok(Conversation::start(&launch(address)?, patience)?)
}

fn launch(address: &Address) -> Result<Launch, RegistryError> {
    let patience = patience(address.options()).map_err(|bad| bad.at(address))?;
    let (language, rest) = address.body().split_once(':').unwrap_or((address.body(), ""));
    let bad = |reason: &str| RegistryError::BadAddress { address: address.to_string(), reason: reason.to_owned() };
    let (program, subject) = if language == "driver" {
        let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(bad("after `driver:` comes the command that starts the driver"));
        }
        (Program::Command(words), String::new())
    } else if language == "java" {
        let plain = |letter: char| letter.is_alphanumeric() || "._$".contains(letter);
        if rest.is_empty() || !rest.chars().all(plain) {
            return Err(bad("name a factory, as in `java:newFixedThreadPool` or `java:com.example.Pools.make`"));
        }
        if let Some(key) = address.options().keys().find(|key| *key != PATIENCE) {
            return Err(BadOption::new(key, format!("Java subjects know `{PATIENCE}`")).at(address));
        }
        (Program::Java(java()?), rest.to_owned())
    } else {
        if !names_a_factory(rest) {
            return Err(bad("name `thread`, `process` or `MODULE:FACTORY`, as in `python:loky:ProcessPoolExecutor`"));
        }
        check_options(rest, address.options()).map_err(|bad| bad.at(address))?;
        let name = language.strip_prefix("python@");
        if name == Some("") {
            return Err(bad("after `python@` comes an interpreter, a path or a name on PATH"));
        }
        // Packages that we know and install are looked for where we install them.
        let environment =
            name.is_none().then_some(rest).filter(|subject| is_package(subject)).and_then(|_| environment());
        let interpreter = match environment {
            Some(python) => interpreter(python.to_str())?,
            None => interpreter(name)?,
        };
        (Program::Python(interpreter.path), rest.to_owned())
    };
    let options = address.options();
    let pair = |key: &str| Some((key.to_owned(), options.get(key)?.to_owned()));
    let options = options.keys().filter(|key| *key != PATIENCE).filter_map(pair).collect();
    Ok(Launch { address: address.to_string(), program, subject, options, patience })
}

/// How long the driver may take to answer its hello.
fn patience(options: &Options) -> Result<Patience, BadOption> {
    let seconds = options.positive(PATIENCE)?;
    Ok(Patience::at_least(seconds.map_or(Launch::PATIENCE, |seconds| Duration::from_secs(seconds as u64))))
}

fn names_a_factory(subject: &str) -> bool {
    let parts = subject.split_once(':');
    STANDARD.contains(&subject) || parts.is_some_and(|(module, factory)| !module.is_empty() && !factory.is_empty())
}

fn check_options(subject: &str, options: &Options) -> Result<(), BadOption> {
    let known = |key: &str| PYTHON_OPTIONS.iter().any(|(known, _)| *known == key);
    if let Some(key) = options.keys().find(|key| !known(key)) {
        let names: Vec<_> = PYTHON_OPTIONS.iter().map(|(known, _)| format!("`{known}`")).collect();
        return Err(BadOption::new(key, format!("Python subjects know {}", names.join(", "))));
    }
    if options.one_of("kind", &["thread", "process", "cluster"])?.is_some() && STANDARD.contains(&subject) {
        return Err(BadOption::new("kind", format!("`python:{subject}` says it already")));
    }
    if options.one_of("start", &["fork", "spawn", "forkserver"])?.is_some() && subject == "thread" {
        return Err(BadOption::new("start", "threads are not started as processes are"));
    }
    Ok(())
}
