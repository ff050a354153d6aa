//! Initialisers, and what follows when one fails.

use super::{is_task, worker_of};
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{Actor, Config, DropPolicy, Failing, Failure, Fault, Gate, Moment, OpenError, Outcome, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;

pub(crate) fn work_009(trial: &mut Trial<'_>) -> CheckResult {
    let initialiser = trial.probe().note("initialised").as_initialiser()?;
    let executor =
        trial.executor_with(Config { initialiser: Some(initialiser), ..Config::workers(trial.workers()) })?;
    for _ in 0..3 {
        let meeting = trial.meeting(executor.workers());
        let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&meeting)).collect();
        for future in executor.submit_all(probes)? {
            future.returns_own_label()?;
        }
    }
    let mut runs: BTreeMap<_, usize> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for event in trial.history().events() {
        let worker = worker_of(trial, &event);
        match (event.actor, &event.moment) {
            (Actor::Initialiser, Moment::Started) => *runs.entry(worker).or_default() += 1,
            (Actor::Initialiser, Moment::Finished) => drop(ready.insert(worker)),
            (Actor::Task(label), Moment::Started) if !ready.contains(&worker) => {
                return violated(format!("task {label} must not start in a worker whose initialiser has not ended"));
            }
            _ => {}
        }
    }
    let again: Vec<_> = runs.into_values().filter(|&count| count != 1).collect();
    expect(again.is_empty(), &format!("each worker must run the initialiser once, but some ran it {again:?} times"))?;
    let used = trial.history().count(|event| is_task(event) && event.moment == Moment::Started);
    expect_eq("the number of tasks that started", &used, &(3 * executor.workers()))
}

/// Opens an executor whose initialisers fail; `None` if it says so right there.
fn open_failing(trial: &mut Trial<'_>, gate: Option<&Gate>) -> Result<Option<ExecutorUnderTest>, Stop> {
    let mut initialiser = trial.probe();
    if let Some(gate) = gate {
        initialiser = initialiser.pass(gate);
    }
    let initialiser = initialiser.fail(Failing::Error).as_initialiser()?;
    let config = Config { initialiser: Some(initialiser), ..Config::workers(1) };
    match trial.try_executor(&config) {
        Ok(executor) => {
            executor.finish();
            Ok(Some(executor))
        }
        Err(OpenError::Rejected(_)) => Ok(None),
        Err(OpenError::Setup(error)) => Err(Stop::Crashes(format!("the subject cannot be set up: {error}"))),
    }
}

/// The same with initialisers that stand at `gate`. Where opening itself waits for them, nothing
/// can be queued meanwhile.
fn open_failing_later(trial: &mut Trial<'_>, gate: &Gate) -> Result<ExecutorUnderTest, Stop> {
    let (opened, waits) = channel::<()>();
    let (gate_if_stuck, patience) = (gate.clone(), trial.patience());
    let helper = trial.aside("the helper that frees an executor that is opened in one go", move || {
        let mut deadline = patience.start();
        while let Some(slice) = deadline.next_slice() {
            if waits.recv_timeout(slice) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                return;
            }
        }
        gate_if_stuck.open();
    });
    let executor = open_failing(trial, Some(gate))?;
    drop(opened);
    helper.returns()?;
    executor.ok_or_else(|| Stop::Unsupported("initialisers run while the executor is opened".into()))
}

fn expect_lost(future: &FutureUnderTest, outcome: &Outcome<Value>) -> CheckResult {
    match outcome {
        Err(Failure::Broken(_)) => Ok(()),
        other => violated(format!("task {} must be lost with its executor, but: {other:?}", future.label())),
    }
}

pub(crate) fn work_010(trial: &mut Trial<'_>) -> CheckResult {
    const TRIES: usize = 50;
    let Some(executor) = open_failing(trial, None)? else { return Ok(()) };
    let mut refused = false;
    for _ in 0..TRIES {
        match executor.try_submit(trial.probe()) {
            Ok(future) => {
                let outcomes = trial.all_resolve(std::slice::from_ref(&future))?;
                expect_lost(&future, &outcomes[0])?;
            }
            Err(Fault::Refused(_)) => {
                refused = true;
                break;
            }
            Err(fault) => {
                return violated(format!("submit to a broken executor must be refused as such, but: {fault}"));
            }
        }
    }
    expect(refused, "after an initialiser failed submit must be refused, but it went on accepting tasks")?;
    let call = executor.clone();
    trial
        .aside("shutdown of an executor whose initialiser failed", move || {
            call.shutdown(poolproof_harness::Shutdown::WAIT)
        })
        .returns()?
}

pub(crate) fn work_011(trial: &mut Trial<'_>) -> CheckResult {
    let gate = trial.gate();
    let executor = open_failing_later(trial, &gate)?;
    let ahead = trial.claimed_ahead(1);
    let probes = trial.probes(4 + ahead);
    trial.needs_room(probes.len())?;
    let futures = executor.submit_all(probes)?;
    expect(futures[1 + ahead].cancel()?, "a task that waits for the first worker must be cancelled")?;
    gate.open();
    for (position, (future, outcome)) in futures.iter().zip(trial.all_resolve(&futures)?).enumerate() {
        match outcome {
            Err(Failure::Cancelled) if position == 1 + ahead => {}
            outcome => expect_lost(future, &outcome)?,
        }
    }
    Ok(())
}

pub(crate) fn work_012(trial: &mut Trial<'_>) -> CheckResult {
    let gate = trial.gate();
    let executor = open_failing_later(trial, &gate)?;
    trial.needs_room(3)?;
    let probes = trial.probes(3);
    let futures = executor.submit_all(probes)?;
    let drop = trial.aside("dropping the executor", move || executor.release());
    // The gate may stay closed only before a drop that is known to wait for nothing.
    if matches!(trial.profile().drop_executor, DropPolicy::Detaches | DropPolicy::Cancels) {
        drop.returns()??;
        gate.open();
    } else {
        gate.open();
        drop.returns()??;
    }
    for (future, outcome) in futures.iter().zip(trial.all_resolve(&futures)?) {
        match outcome {
            Err(Failure::Cancelled)
                if matches!(trial.profile().drop_executor, DropPolicy::Cancels | DropPolicy::Undeclared) => {}
            outcome => expect_lost(future, &outcome)?,
        }
    }
    Ok(())
}
