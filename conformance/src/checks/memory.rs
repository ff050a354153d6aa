//! Decides MEM: releasing what tasks carried.

use crate::trial::{CheckResult, ProbeBuilder, Stop, Trial, expect, violated};
use poolproof_harness::{Actor, DropPolicy, Failing, Failure, GUEST_RELEASED, Kind, Moment, Shutdown};

pub(crate) fn mem_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().canary())?;
    let _ = future.outcome()?;
    trial.await_release(future.label())?;
    // The future has been there all the time, and nothing came to the idle worker afterwards.
    future.returns_own_label()
}

pub(crate) fn mem_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().canary().fail(Failing::Error))?;
    let label = future.label();
    future.failure()?;
    drop(future);
    trial.await_release(label)
}

pub(crate) fn mem_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let discarded = executor.submit(trial.probe().canary().pass(&gate))?;
    let label = discarded.label();
    drop(discarded);
    gate.open();
    if trial.profile().drop_future == DropPolicy::Detaches {
        trial.await_end(label)?;
    }
    trial.await_release(label)
}

pub(crate) fn mem_033(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes: Vec<_> = trial.probes(3).into_iter().map(ProbeBuilder::canary).collect();
    let labels: Vec<_> = probes.iter().map(ProbeBuilder::label).collect();
    let mut results = executor.map(probes)?;
    for &label in &labels {
        results.next_value()?;
        trial.await_release(label)?;
    }
    match results.try_next() {
        Ok(None) => Ok(()),
        other => violated(format!("after the last result a map must end, but it gave {other:?}")),
    }
}

pub(crate) fn mem_007(trial: &mut Trial<'_>) -> CheckResult {
    match trial.profile().kind {
        Kind::Inline | Kind::Thread => shutdown_releases(trial),
        Kind::Process | Kind::Cluster => {
            Err(Stop::Unsupported("is about executors that share the caller's memory".into()))
        }
    }
}

pub(crate) fn mem_034(trial: &mut Trial<'_>) -> CheckResult {
    shutdown_releases(trial)
}

fn shutdown_releases(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let behind = 2 + trial.claimed_ahead(executor.workers());
    let parked = trial.park(&executor, behind)?;
    let probes: Vec<_> = trial.probes(behind).into_iter().map(ProbeBuilder::canary).collect();
    let futures = executor.submit_all(probes)?;
    executor.shutdown(Shutdown { wait: false, cancel_futures: true })?;
    let last = &futures[behind - 1];
    // The workers are still held; the future still lives.
    trial.await_release(last.label())?;
    parked.open();
    executor.shutdown(Shutdown::WAIT)?;
    expect(
        last.outcome()? == Err(Failure::Cancelled),
        "the last of the queued tasks must be cancelled by a shutdown that cancels",
    )
}

/// A task brings a guest to its worker, which must be released there while the worker is idle.
fn guest_leaves(trial: &mut Trial<'_>, failing: Option<Failing>) -> CheckResult {
    let executor = trial.single()?;
    let probe = trial.probe().guest();
    let future = executor.submit(failing.into_iter().fold(probe, ProbeBuilder::fail))?;
    let task = Actor::Task(future.label());
    expect(future.outcome()?.is_err() == failing.is_some(), "the task must end as it was told to")?;
    let events = trial.history().events();
    let started = events.iter().find(|event| event.actor == task && event.moment == Moment::Started);
    let worker = started.map(|event| event.pid);
    let released = Moment::Noted(GUEST_RELEASED.to_owned());
    trial.await_events("the release of what the task brought to its worker", |events| {
        events.iter().any(|event| event.actor == task && event.moment == released && Some(event.pid) == worker)
    })
}

pub(crate) fn mem_005(trial: &mut Trial<'_>) -> CheckResult {
    guest_leaves(trial, None)
}

pub(crate) fn mem_006(trial: &mut Trial<'_>) -> CheckResult {
    guest_leaves(trial, Some(Failing::Error))
}
