//! What the tests share: interpreters, subjects, probes, and how long things may take.

use poolproof_executors::address::Address;
use poolproof_executors::driver;
use poolproof_harness::{
    AnyExecutor, AnyFuture, Canary, Config, Failure, Gate, Gatehouse, Moment, Outcome, Patience, Probe, Step, Subject,
    Value,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// How long something that must happen is waited for.
pub(crate) fn patience() -> Patience {
    Patience::at_least(Duration::from_secs(30))
}

/// A limit for results that must come.
pub(crate) const SOON: Option<Duration> = Some(Duration::from_secs(30));

/// Every Python of this machine that the driver runs under: `PATH`'s, and those of pyenv.
pub(crate) fn interpreters() -> Vec<String> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let mut found: Vec<String> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/python").display().to_string())
        .filter(|path| driver::interpreter(Some(path)).is_ok())
        .collect();
    found.sort();
    found
}

/// The subject at `address`.
pub(crate) fn subject(address: &str) -> impl Subject + use<> {
    driver::subject(&Address::parse(address).unwrap()).unwrap()
}

/// The standard executors under the default Python; none, with a clear line, without one.
pub(crate) fn standard() -> Vec<&'static str> {
    if let Err(error) = driver::interpreter(None) {
        println!("SKIPPED: {error}");
        return Vec::new();
    }
    vec!["python:thread", "python:process?start=fork", "python:process?start=spawn"]
}

/// An open executor and its house.
pub(crate) struct Scene {
    pub(crate) house: Gatehouse,
    pub(crate) executor: Arc<dyn AnyExecutor>,
    pub(crate) number: u32,
    pub(crate) subject: Box<dyn Subject>,
}

impl Scene {
    pub(crate) fn open(address: &str, workers: usize) -> Self {
        Self::with(address, |_| Config::workers(workers))
    }

    pub(crate) fn with(address: &str, config: impl FnOnce(&Gatehouse) -> Config) -> Self {
        let house = Gatehouse::new();
        house.listen().unwrap();
        let subject = Box::new(subject(address));
        let (executor, number) = subject.open(&config(&house), &house).unwrap();
        Self { house, executor, number, subject }
    }

    /// A second executor of the same driver.
    pub(crate) fn another(&self, workers: usize) -> Arc<dyn AnyExecutor> {
        self.subject.open(&Config::workers(workers), &self.house).unwrap().0
    }

    pub(crate) fn probe(&self, label: u32, steps: Vec<Step>, value: Value) -> Probe {
        probe(&self.house, self.number, label, steps, value)
    }

    pub(crate) fn submit(&self, label: u32, steps: Vec<Step>, value: Value) -> Arc<dyn AnyFuture> {
        self.executor.submit(self.probe(label, steps, value)).unwrap()
    }

    /// The outcome of one probe.
    pub(crate) fn outcome(&self, steps: Vec<Step>, value: Value) -> Outcome<Value> {
        self.submit(1, steps, value).result(SOON).unwrap()
    }

    /// A probe that stands at a gate, surely started.
    pub(crate) fn parked(&self, label: u32) -> (Gate, Arc<dyn AnyFuture>) {
        let gate = self.house.gate();
        let future = self.submit(label, vec![Step::Pass(gate.id())], Value::Int(label.into()));
        assert!(gate.await_arrivals(1, patience()), "task {label} never reached its gate");
        (gate, future)
    }

    /// Waits until the history holds `moment`.
    pub(crate) fn await_moment(&self, moment: &Moment) {
        let mut deadline = patience().start();
        let here = |events: Vec<poolproof_harness::Event>| events.iter().any(|event| event.moment == *moment);
        while !here(self.house.history().events()) {
            // Nobody tells when an event was recorded; a gate that nobody reaches is a pure timer.
            let slice = deadline.next_slice().unwrap_or_else(|| panic!("never noted: {moment}"));
            let _ = self.house.gate().await_arrivals(1, Patience::at_least(slice));
        }
    }

    /// What bodies noted, in order.
    pub(crate) fn notes(&self) -> Vec<String> {
        let events = self.house.history().events();
        let noted = events.into_iter().filter_map(|event| match event.moment {
            Moment::Noted(text) => Some(text),
            _ => None,
        });
        noted.collect()
    }
}

pub(crate) fn probe(house: &Gatehouse, executor: u32, label: u32, steps: Vec<Step>, value: Value) -> Probe {
    Probe { label, house: house.local_address(), executor, steps, value, canary: Canary::default() }
}

/// The kind of a raised failure.
pub(crate) fn kind(outcome: &Outcome<Value>) -> &str {
    match outcome {
        Err(Failure::Raised(raised)) => &raised.kind,
        other => panic!("not raised: {other:?}"),
    }
}

/// A Python that finds modules in `directory`: a script there that sets `PYTHONPATH`, because the
/// environment of this process belongs to all its tests.
pub(crate) fn with_python_path(directory: &Path) -> PathBuf {
    let python = driver::interpreter(None).unwrap().path;
    let script = directory.join("python-here");
    let path = directory.display();
    let text = format!("#!/bin/sh\nPYTHONPATH=\"$PYTHONPATH:{path}\" exec \"{}\" \"$@\"\n", python.display());
    executable(&script, &text);
    script
}

/// Writes a program. Another process does it: a file that this one has open for writing would be
/// inherited by whatever another test starts meanwhile, and cannot be executed until that lets go.
pub(crate) fn executable(path: &Path, text: &str) {
    let write = r#"printf %s "$1" > "$0" && chmod 700 "$0""#;
    let status = Command::new("/bin/sh").arg("-c").arg(write).arg(path).arg(text).status();
    assert!(status.is_ok_and(|status| status.success()), "{} cannot be written", path.display());
}
