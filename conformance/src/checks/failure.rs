//! Decides FAIL: delivering failures.

use super::busy::{room, submit_in_waves};
use super::seen::await_waiters;
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Trial, expect, expect_eq, violated};
use poolproof_harness::{Capability, Failing, Failure, Fault, Raised, State, Value, WorkerLossPolicy};

/// What a probe says when it fails.
const SAID: &str = "probe fails on purpose";
/// What a probe says when it panics.
const PANICKED: &str = "probe panics on purpose";

/// Checks that the task failed with the error that `failing` stands for, by result and exception.
fn expect_raised(future: &FutureUnderTest, failing: Failing) -> CheckResult {
    let label = future.label();
    let expected = Failure::Raised(Raised::new(failing.kind(), SAID));
    expect_eq(&format!("the failure of task {label}"), &future.failure()?, &expected)?;
    let exception = future.try_exception(None);
    expect(
        exception.as_ref() == Ok(&Some(expected)),
        &format!("exception() of task {label} must say what result() says, but says {exception:?}"),
    )?;
    expect_eq(&format!("the state of task {label}, which failed,"), &future.state()?, &State::FINISHED)
}

pub(crate) fn fail_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let mut probes = trial.probes(2);
    probes.insert(0, trial.probe().fail(Failing::Error));
    // Where tasks wait for a worker, those behind the failing one are queued when it fails.
    let gate = trial.gate();
    let first = trial.probe();
    let queues = trial.profile().has(Capability::Concurrency) && room(trial) > probes.len();
    probes.insert(0, if queues { first.pass(&gate) } else { first });
    let futures = submit_in_waves(trial, &executor, probes)?;
    gate.open();
    expect_raised(&futures[1], Failing::Error)?;
    [0, 2, 3].into_iter().try_for_each(|good| futures[good].returns_own_label())?;
    executor.submit(trial.probe())?.returns_own_label()
}

pub(crate) fn fail_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().fail(Failing::Error))?;
    let elsewhere = future.clone();
    let elsewhere = trial.aside("result() from another thread", move || elsewhere.failure());
    let first = elsewhere.returns()??;
    for _ in 0..3 {
        expect_eq("the failure, read again", &future.failure()?, &first)?;
        expect_raised(&future, Failing::Error)?;
    }
    Ok(())
}

pub(crate) fn fail_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let mut who = || executor.submit(trial.probe().carry(Value::WhoAmI))?.value();
    let before = who()?;
    // Some executors give every task a new worker, failure or not.
    let lasting = (0..3).map(|_| who()).collect::<Result<Vec<_>, _>>()?.iter().all(|worker| *worker == before);
    // Where tasks never wait for a worker, the next may have another although the first is well.
    let lasting = lasting && trial.profile().is_limited();
    for failing in [Failing::Exit, Failing::Interrupt, Failing::StopIteration] {
        let future = executor.submit(trial.probe().fail(failing))?;
        expect_raised(&future, failing)?;
        let after = executor.submit(trial.probe().carry(Value::WhoAmI))?.value()?;
        if lasting {
            expect_eq(&format!("the only worker after {}", failing.kind()), &after, &before)?;
        }
    }
    Ok(())
}

pub(crate) fn fail_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().fail(Failing::Falsy))?;
    expect_raised(&future, Failing::Falsy)
}

pub(crate) fn fail_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for failing in [Failing::Timeout, Failing::Cancelled] {
        let future = executor.submit(trial.probe().fail(failing))?;
        expect_raised(&future, failing)?;
    }
    Ok(())
}

pub(crate) fn fail_010(trial: &mut Trial<'_>) -> CheckResult {
    fails_alone(trial, Failing::Unserialisable)
}

pub(crate) fn fail_011(trial: &mut Trial<'_>) -> CheckResult {
    fails_alone(trial, Failing::Unrebuildable)
}

/// Checks that a task between two good ones fails, whatever with, and takes nothing along.
fn fails_alone(trial: &mut Trial<'_>, failing: Failing) -> CheckResult {
    let executor = trial.single()?;
    let mut probes = trial.probes(2);
    probes.insert(1, trial.probe().fail(failing));
    let futures = submit_in_waves(trial, &executor, probes)?;
    let outcomes = trial.all_resolve(&futures)?;
    match &outcomes[1] {
        Err(Failure::Raised(_) | Failure::Unserialisable(_)) => {}
        // Its worker went with it, and another one comes: what else it took along is seen below.
        Err(Failure::Broken(_)) if trial.profile().worker_loss == WorkerLossPolicy::Replaced => {}
        Err(Failure::Broken(reason)) => {
            executor.finish();
            return violated(format!("only the failing task must fail, but the executor broke: {reason}"));
        }
        other => return violated(format!("the failing task must fail, but gives {other:?}")),
    }
    futures[0].returns_own_label()?;
    futures[2].returns_own_label()?;
    executor.submit(trial.probe())?.returns_own_label()
}

pub(crate) fn fail_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let future = executor.submit(trial.probe().fail(Failing::Panic))?;
    match future.failure()? {
        Failure::Panicked(text) if text.contains(PANICKED) => {}
        other => return violated(format!("the failure must carry the text of the panic, but is: {other}")),
    }
    expect_eq("the state of a task that panicked", &future.state()?, &State::FINISHED)?;
    executor.submit(trial.probe())?.returns_own_label()
}

pub(crate) fn fail_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    for _ in 0..2 {
        let future = executor.submit(trial.probe().fail(Failing::PanicPayload))?;
        expect_panicked(&future)?;
        executor.submit(trial.probe())?.returns_own_label()?;
    }
    Ok(())
}

fn expect_panicked(future: &FutureUnderTest) -> CheckResult {
    match future.failure()? {
        Failure::Panicked(_) => Ok(()),
        other => violated(format!("task {} panicked, but its failure is: {other}", future.label())),
    }
}

pub(crate) fn fail_033(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let failing = [None, Some(Failing::Panic), None, Some(Failing::PanicPayload), Some(Failing::Panic), None];
    let probes: Vec<_> = failing
        .iter()
        .cycle()
        .take(4 * failing.len())
        .map(|failing| failing.iter().fold(trial.probe(), |probe, &failing| probe.fail(failing)))
        .collect();
    let futures = submit_in_waves(trial, &executor, probes)?;
    for (future, failing) in futures.iter().zip(failing.iter().cycle()) {
        if failing.is_some() {
            expect_panicked(future)?;
        } else {
            future.returns_own_label()?;
        }
    }
    Ok(())
}

pub(crate) fn fail_034(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut kinds = vec![Failing::Error];
    if trial.profile().has(Capability::Panic) {
        kinds.extend([Failing::Panic, Failing::PanicPayload]);
    }
    for failing in kinds {
        let failed = meet(trial, &executor, Some(failing))?;
        for future in failed {
            future.failure()?;
        }
        for future in meet(trial, &executor, None)? {
            future.returns_own_label()?;
        }
    }
    Ok(())
}

/// As many tasks as workers meet at one gate; then they end, or fail.
fn meet(
    trial: &mut Trial<'_>,
    executor: &ExecutorUnderTest,
    failing: Option<Failing>,
) -> Result<Vec<FutureUnderTest>, crate::Stop> {
    let gate = trial.meeting(executor.workers());
    let mut futures = Vec::new();
    for number in 1..=executor.workers() {
        let probe = trial.probe().pass(&gate);
        futures.push(executor.submit(failing.into_iter().fold(probe, crate::ProbeBuilder::fail))?);
        trial.await_arrivals(&gate, number)?;
    }
    Ok(futures)
}

pub(crate) fn fail_035(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let panics = trial.profile().has(Capability::Panic);
    for failing in [Failing::Error, if panics { Failing::Panic } else { Failing::Error }] {
        let gate = trial.gate();
        let future = executor.submit(trial.probe().pass(&gate).fail(failing))?;
        trial.await_arrivals(&gate, 1)?;
        let waits: Vec<_> = (0..3)
            .map(|_| {
                let future = future.clone();
                trial.aside("result() of a task that fails meanwhile", move || future.failure())
            })
            .collect();
        let asked = future.clone();
        let asked = trial.aside("exception() of a task that fails meanwhile", move || asked.try_exception(None));
        await_waiters(trial, future.label(), 4, &asked)?;
        gate.open();
        let mut failures = Vec::new();
        for wait in waits {
            failures.push(wait.returns()??);
        }
        match asked.returns()? {
            Ok(Some(failure)) => failures.push(failure),
            Ok(None) => return violated("exception() must give the failure, but says there is none"),
            Err(Fault::Driver(reason)) => return Err(crate::Stop::Crashes(reason)),
            Err(fault) => return violated(format!("exception() must give the failure, but: {fault}")),
        }
        let first = failures[0].clone();
        failures.iter().try_for_each(|failure| expect_eq("the failure that each waiter gets", failure, &first))?;
    }
    Ok(())
}

pub(crate) fn fail_008(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().fail(Failing::Error))?;
    future.failure()?;
    let once = future.error_weight()?;
    for _ in 0..3 {
        let _ = future.outcome()?;
    }
    expect_eq("the weight of an error that was read four times", &future.error_weight()?, &once)
}
