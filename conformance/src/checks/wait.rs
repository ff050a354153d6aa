//! Decides WAIT: waiting for several futures.

use super::seen::await_callers;
use crate::trial::{
    CheckResult, ExecutorUnderTest, FutureUnderTest, LIMIT, SHORT, Stop, Trial, expect, expect_eq, expect_not_early,
    expect_sooner, timed, violated,
};
use poolproof_harness::{AnyWaited, CancelPolicy, Capability, Config, Failing, ReturnWhen};
use std::time::Duration;

const MODES: [ReturnWhen; 3] = [ReturnWhen::AllCompleted, ReturnWhen::FirstCompleted, ReturnWhen::FirstException];

fn split(done: &[usize], not_done: &[usize]) -> AnyWaited {
    AnyWaited { done: done.to_vec(), not_done: not_done.to_vec() }
}

/// Whether a call is one of `wait`.
fn is_wait(call: &str) -> bool {
    call.starts_with("wait(")
}

/// A future whose task has returned its value.
fn finished(trial: &mut Trial<'_>, executor: &ExecutorUnderTest) -> Result<FutureUnderTest, Stop> {
    let future = executor.submit(trial.probe())?;
    future.returns_own_label()?;
    Ok(future)
}

pub(crate) fn wait_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let first = finished(trial, &executor)?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    let last = executor.submit(trial.probe().pass(&gate))?;
    let named = [held.clone(), first.clone(), held.clone(), first];
    let waited = executor.wait(&named, ReturnWhen::FirstCompleted, None)?;
    expect_eq("done and not done, by first position", &waited, &split(&[1], &[0]))?;
    gate.open();
    let waited = executor.wait(&[held, last], ReturnWhen::AllCompleted, None)?;
    expect_eq("done and not done when all are done", &waited, &split(&[0, 1], &[]))
}

pub(crate) fn wait_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let worst = if trial.profile().has(Capability::Panic) { Failing::Panic } else { Failing::Error };
    let failed = executor.submit(trial.probe().fail(Failing::Error))?;
    let _ = failed.outcome()?;
    let futures =
        [failed, executor.submit(trial.probe().pass(&gate))?, executor.submit(trial.probe().pass(&gate).fail(worst))?];
    let wait = {
        let (executor, futures) = (executor.clone(), futures.clone());
        trial.aside("wait(ALL_COMPLETED)", move || executor.wait(&futures, ReturnWhen::AllCompleted, None))
    };
    await_callers(trial, is_wait, 1, &wait)?;
    gate.open();
    expect_eq("done and not done", &wait.returns()??, &split(&[0, 1, 2], &[]))?;
    for future in &futures {
        expect(future.state()?.done, &format!("task {} must be done when wait returned", future.label()))?;
    }
    Ok(())
}

pub(crate) fn wait_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let done = finished(trial, &executor)?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    let waited = executor.wait(&[held.clone(), done], ReturnWhen::FirstCompleted, None)?;
    expect_eq("done and not done while one task is held", &waited, &split(&[1], &[0]))?;
    gate.open();
    held.returns_own_label()
}

pub(crate) fn wait_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor_with(Config::workers(trial.workers().max(2)))?;
    let gates = [trial.gate(), trial.gate()];
    let held = executor.submit(trial.probe().pass(&gates[0]))?;
    let failing = executor.submit(trial.probe().pass(&gates[1]).fail(Failing::Error))?;
    let futures = [held.clone(), failing];
    let wait = {
        let (executor, futures) = (executor.clone(), futures.clone());
        trial.aside("wait(FIRST_EXCEPTION)", move || executor.wait(&futures, ReturnWhen::FirstException, None))
    };
    gates[1].open();
    expect_eq("done and not done at the first failure", &wait.returns()??, &split(&[1], &[0]))?;
    let again = executor.wait(&futures, ReturnWhen::FirstException, None)?;
    expect_eq("done and not done when one has failed before", &again, &split(&[1], &[0]))?;
    gates[0].open();
    // Without a failure it waits for all.
    let successful = [held, finished(trial, &executor)?];
    let all = executor.wait(&successful, ReturnWhen::FirstException, None)?;
    expect_eq("done and not done without a failure", &all, &split(&[0, 1], &[]))
}

pub(crate) fn wait_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    trial.needs_fifo()?;
    let parked = trial.park(&executor, 3)?;
    let gate = trial.gate();
    let cancelled = executor.submit(trial.probe())?;
    let held = executor.submit(trial.probe().pass(&gate))?;
    expect(cancelled.cancel()?, "a queued task must be cancelled")?;
    parked.open();
    // The worker has passed the cancelled task when it stands at the next one.
    trial.await_arrivals(&gate, 1)?;
    let futures = [cancelled, held.clone()];
    let (waited, took) = timed(|| executor.wait(&futures, ReturnWhen::FirstException, Some(SHORT)));
    expect_eq("done and not done at the limit", &waited?, &split(&[0], &[1]))?;
    expect_not_early("a wait for a failure, with nothing but a cancelled future done,", took, SHORT)?;
    gate.open();
    held.returns_own_label()
}

pub(crate) fn wait_006(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let done = finished(trial, &executor)?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    for limit in [Duration::ZERO, SHORT] {
        let (waited, took) =
            timed(|| executor.wait(&[held.clone(), done.clone()], ReturnWhen::AllCompleted, Some(limit)));
        expect_eq("done and not done at the limit", &waited?, &split(&[1], &[0]))?;
        expect_not_early("wait", took, limit)?;
    }
    gate.open();
    held.returns_own_label()
}

pub(crate) fn wait_007(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for mode in MODES {
        for limit in [None, Some(Duration::ZERO)] {
            let waited = executor.wait(&[], mode, limit)?;
            expect_eq(&format!("done and not done of no futures, {mode:?}"), &waited, &split(&[], &[]))?;
        }
    }
    Ok(())
}

pub(crate) fn wait_008(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let a = finished(trial, &executor)?;
    let b = finished(trial, &executor)?;
    let named = [a.clone(), a.clone(), b, a];
    for mode in MODES {
        let waited = executor.wait(&named, mode, None)?;
        expect_eq(
            &format!("done and not done of two done futures named four times, {mode:?}"),
            &waited,
            &split(&[0, 2], &[]),
        )?;
    }
    Ok(())
}

pub(crate) fn wait_011(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor_with(Config::workers(trial.workers().max(2)))?;
    let held = trial.gate();
    let last_gate = trial.gate();
    let mut futures = Vec::new();
    for _ in 1..executor.workers() {
        futures.push(executor.submit(trial.probe().pass(&held))?);
    }
    futures.push(executor.submit(trial.probe().pass(&last_gate))?);
    let wait = {
        let (executor, futures) = (executor.clone(), futures.clone());
        trial.aside("wait(FIRST_COMPLETED)", move || executor.wait(&futures, ReturnWhen::FirstCompleted, None))
    };
    last_gate.open();
    let last = futures.len() - 1;
    let waited = wait.returns()??;
    expect_eq("what is done when the last future is", &waited.done, &vec![last])?;
    held.open();
    Ok(())
}

pub(crate) fn wait_031(trial: &mut Trial<'_>) -> CheckResult {
    const FUTURES: usize = 6;
    let executor = trial.executor()?;
    trial.needs_room(FUTURES)?;
    let gate = trial.gate();
    let probes: Vec<_> = trial.probes(FUTURES).into_iter().map(|probe| probe.pass(&gate)).collect();
    let futures = executor.submit_all(probes)?;
    expect_sooner(
        LIMIT * 2,
        "the limit of wait must be one for all futures, and not start anew with each",
        |several| {
            let limit = several / 4;
            let (waited, took) = timed(|| executor.wait(&futures, ReturnWhen::AllCompleted, Some(limit)));
            expect_eq("the number of futures not done", &waited?.not_done.len(), &FUTURES)?;
            expect_not_early("wait", took, limit)?;
            Ok(took)
        },
    )?;
    gate.open();
    Ok(())
}

pub(crate) fn wait_032(trial: &mut Trial<'_>) -> CheckResult {
    const ROUNDS: usize = 60;
    let executor = trial.executor()?;
    for round in 0..trial.times(ROUNDS) {
        let meeting = trial.meeting(executor.workers());
        let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&meeting)).collect();
        let futures = executor.submit_all(probes)?;
        // The tasks end while the wait begins, some before it and some after.
        let mode = MODES[round % MODES.len()];
        let waited = executor.wait(&futures, mode, None)?;
        expect(!waited.done.is_empty(), &format!("wait({mode:?}) without limit must return something done"))?;
        let waited = executor.wait(&futures, ReturnWhen::AllCompleted, None)?;
        expect_eq("what is not done at the end", &waited.not_done, &Vec::new())?;
    }
    Ok(())
}

pub(crate) fn wait_033(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let parked = trial.park(&executor, 3)?;
    let probes = trial.probes(3);
    let futures = executor.submit_all(probes)?;
    let middle = futures[1].clone();
    let wait = {
        let (executor, middle) = (executor.clone(), middle.clone());
        trial.aside("wait for a future that is cancelled", move || {
            executor.wait(&[middle], ReturnWhen::AllCompleted, None)
        })
    };
    await_callers(trial, is_wait, 1, &wait)?;
    expect(middle.cancel()?, "a queued task must be cancelled")?;
    let eager = trial.profile().cancel == CancelPolicy::Eager;
    if !eager {
        parked.open();
    }
    expect_eq("done and not done after cancel", &wait.returns()??, &split(&[0], &[]))?;
    let now = executor.wait(&futures, ReturnWhen::FirstCompleted, None)?;
    expect(now.done.contains(&1), "a wait that begins after the cancel must find the future done")?;
    parked.open();
    let all = executor.wait(&futures, ReturnWhen::AllCompleted, None)?;
    expect_eq("done and not done when the workers went on", &all, &split(&[0, 1, 2], &[]))
}

pub(crate) fn wait_034(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    let waits: Vec<_> = MODES
        .into_iter()
        .map(|mode| {
            let (executor, held) = (executor.clone(), held.clone());
            trial.aside("one of several waits", move || executor.wait(&[held], mode, None))
        })
        .collect();
    await_callers(trial, is_wait, waits.len(), &waits[0])?;
    // A wait that gives up must not take the registrations of the others along.
    let waited = executor.wait(std::slice::from_ref(&held), ReturnWhen::AllCompleted, Some(Duration::ZERO))?;
    expect_eq("done and not done while the task is held", &waited, &split(&[], &[0]))?;
    gate.open();
    for wait in waits {
        match wait.returns()? {
            Ok(waited) => expect_eq("done and not done of each wait", &waited, &split(&[0], &[]))?,
            Err(stop) => return violated(format!("each of several waits must succeed, but: {stop:?}")),
        }
    }
    Ok(())
}
