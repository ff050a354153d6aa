//! Decides NEST: tasks that use their own executor.

use crate::trial::{CheckResult, Stop, Trial, expect_eq};
use poolproof_harness::{Config, NestedPolicy};

/// A chain of tasks, each of which submits the next one and waits for it.
fn chain(trial: &mut Trial<'_>, length: usize, workers: usize) -> CheckResult {
    let succeeded = |trial: &Trial<'_>| trial.notes().iter().filter(|note| note.contains(": Int(")).count();
    let before = succeeded(trial);
    let executor = trial.executor_with(Config::workers(workers))?;
    let mut probe = trial.probe();
    for _ in 1..length {
        let child = probe;
        probe = trial.probe().submit_and_wait(&executor, child);
    }
    let outermost = executor.submit(probe)?;
    trial.all_resolve(std::slice::from_ref(&outermost))?;
    outermost.returns_own_label()?;
    let found = succeeded(trial) - before;
    expect_eq("the number of tasks that got the value of the one they submitted", &found, &(length - 1))
}

pub(crate) fn nest_001(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().nested != NestedPolicy::Progresses {
        return Err(Stop::Unsupported("the profile does not declare that nested waits progress".into()));
    }
    chain(trial, 3, 1).map_err(|stop| match stop {
        Stop::Hangs(message) => Stop::Overclaims(format!("nested waits are declared to progress, but {message}")),
        other => other,
    })
}

pub(crate) fn nest_002(trial: &mut Trial<'_>) -> CheckResult {
    chain(trial, 2, 2)?;
    let deep = trial.workers().max(4);
    chain(trial, deep, deep)
}

pub(crate) fn nest_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    let child = trial.probe();
    let label = child.label();
    let callback = trial.probe().submit(&executor, child);
    let callback_label = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_end(label)?;
    trial.await_callback(callback_label, 1)
}
