//! Finds Python interpreters.

use super::child::Process;
use poolproof_harness::{Patience, SetupError, hand_down, handed_down};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// The oldest Python that the driver runs under.
const OLDEST: (u32, u32) = (3, 6);

/// How long an interpreter may take to say its version.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Python interpreter that can run the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program to run.
    pub path: PathBuf,
    /// Implementation and version: `CPython 3.13.0`.
    pub version: String,
}

/// The interpreter called `name` (a path, or a name on `PATH`), or without a name the one that
/// `python3` or `python` starts. It is asked once in the life of this process.
///
/// # Errors
///
/// [`SetupError::NotInstalled`] if there is none, [`SetupError::Failed`] if it is no usable Python.
pub fn interpreter(name: Option<&str>) -> Result<Interpreter, SetupError> {
    type Known = HashMap<Option<String>, Result<Interpreter, SetupError>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let key = name.map(str::to_owned);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let found = match name {
            Some(name) => known_or_asked(name),
            None => known_or_asked("python3").or_else(|first| known_or_asked("python").map_err(|_| first)),
        };
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        found
    })
}

/// What the program that started this one knows already, or the interpreter's own answer.
fn known_or_asked(name: &str) -> Result<Interpreter, SetupError> {
    let key = format!("python interpreter {name}");
    if let Some((version, path)) = handed_down(&key).as_deref().and_then(|fact| fact.split_once('\n')) {
        return Ok(Interpreter { path: PathBuf::from(path), version: version.to_owned() });
    }
    let found = ask(name)?;
    if let Some(path) = found.path.to_str() {
        hand_down(&key, &format!("{}\n{path}", found.version));
    }
    Ok(found)
}

/// What an interpreter is asked; the words are good for every Python there ever was.
const QUESTION: &str = "import sys, platform
open(sys.argv[1], 'w').write('\\n'.join([sys.executable, platform.python_implementation(), platform.python_version()]))";

fn ask(name: &str) -> Result<Interpreter, SetupError> {
    let failed = |what: String| SetupError::failed(format!("the Python interpreter `{name}` {what}"));
    let directory = tempfile::Builder::new().prefix("poolproof-python-").tempdir();
    let directory = directory.map_err(|error| failed(format!("cannot be asked: {error}")))?;
    let answer = directory.path().join("answer");
    let mut command = Command::new(name);
    command.arg("-c").arg(QUESTION).arg(&answer);
    let process = Process::start(command, || {}).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SetupError::NotInstalled {
            what: format!("the Python interpreter `{name}`"),
            install: "apt install python3, or name another with python@INTERPRETER:".into(),
        },
        _ => failed(format!("cannot be started: {error}")),
    })?;
    if !process.ends_within(Patience::at_least(PATIENCE)) {
        process.kill();
        return Err(failed("does not say its version".into()));
    }
    let answer = fs::read_to_string(&answer)
        .map_err(|_| failed(process.obituary().told("when it was asked for its version")))?;
    let mut lines = answer.lines();
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (path, implementation, version) = (line(), line(), line());
    if release(&version) < OLDEST {
        let (major, minor) = OLDEST;
        return Err(failed(format!("is Python {version}; the driver needs {major}.{minor} or later")));
    }
    // A name on `PATH` may be a shim that looks for the interpreter each time; a path is what the
    // user wants to be run, whatever it sets up first.
    let path = if path.is_empty() || name.contains('/') { Path::new(name).to_owned() } else { PathBuf::from(path) };
    Ok(Interpreter { path, version: format!("{implementation} {version}") })
}

/// Major and minor number of a version.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
