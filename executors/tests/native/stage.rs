//! What the tests share: a gatehouse, probes, patience, and tasks that are closures.

use poolproof_executors::registry;
use poolproof_harness::{
    AnyExecutor, AnyFuture, Canary, Config, Failure, Gate, Gatehouse, Outcome, Patience, Probe, Raised, Step, Task,
    Value,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// How long something that must happen is waited for; only a failing test ever waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn patience() -> Patience {
    Patience::at_least(PATIENCE)
}

/// One executor behind gates.
pub(crate) struct Stage {
    pub(crate) house: Gatehouse,
    pub(crate) executor: Arc<dyn AnyExecutor>,
    number: u32,
    labels: AtomicU32,
}

impl Stage {
    pub(crate) fn open(address: &str, workers: usize) -> Self {
        let house = Gatehouse::new();
        let subject = registry::subject(address).unwrap();
        let (executor, number) = subject.open(&Config::workers(workers), &house).unwrap();
        Self { house, executor, number, labels: AtomicU32::new(0) }
    }

    /// A probe that performs `steps` and returns its label.
    pub(crate) fn probe(&self, steps: Vec<Step>) -> Probe {
        let label = self.labels.fetch_add(1, Ordering::Relaxed);
        let house = self.house.local_address();
        let canary = Canary::new(house.clone(), label);
        Probe { label, house, executor: self.number, steps, value: Value::Int(i64::from(label)), canary }
    }

    /// Submits a probe that performs `steps`.
    pub(crate) fn submit(&self, steps: Vec<Step>) -> Arc<dyn AnyFuture> {
        self.executor.submit(self.probe(steps)).unwrap()
    }

    /// Submits a probe that stops at `gate`, and returns when it stands there.
    pub(crate) fn park(&self, gate: &Gate) -> Arc<dyn AnyFuture> {
        let before = gate.arrived();
        let future = self.submit(vec![Step::Pass(gate.id())]);
        assert!(gate.await_arrivals(before + 1, patience()), "a task must reach the gate");
        future
    }
}

/// The outcome of a future, which must come.
pub(crate) fn outcome(future: &Arc<dyn AnyFuture>) -> Outcome<Value> {
    future.result(Some(PATIENCE)).expect("the future must be done")
}

pub(crate) fn is_broken<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Err(Failure::Broken(_)))
}

/// Runs `body` in a thread of its own; the receiver hears when it returned.
pub(crate) fn aside<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> Receiver<R> {
    let (said, heard) = channel();
    std::thread::spawn(move || said.send(body()));
    heard
}

/// What a call aside returned, which it must.
pub(crate) fn returned<R>(heard: &Receiver<R>) -> R {
    heard.recv_timeout(PATIENCE).expect("the call must return")
}

/// Waits, without a clock, until `holds`.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let mut deadline = patience().start();
    while !holds() {
        match deadline.next_slice() {
            Some(_) => std::thread::park_timeout(Duration::from_micros(100)),
            None => panic!("{what} must come true"),
        }
    }
}

type Body = Box<dyn FnOnce() -> u64 + Send>;

static BODIES: LazyLock<Mutex<HashMap<u64, Body>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A task that runs a closure of this process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call(u64);

/// A task that runs `body`.
pub(crate) fn call(body: impl FnOnce() -> u64 + Send + 'static) -> Call {
    let key = NEXT.fetch_add(1, Ordering::Relaxed);
    BODIES.lock().unwrap().insert(key, Box::new(body));
    Call(key)
}

impl Task for Call {
    const NAME: &'static str = "call";
    type Output = u64;

    fn run(self) -> Result<u64, Raised> {
        let body = BODIES.lock().unwrap().remove(&self.0);
        body.map(|body| body()).ok_or_else(|| Raised::new("LookupError", "the closure ran already"))
    }
}
