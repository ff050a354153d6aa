//! Decides FUT: the states of a future.

use super::busy::{Busy, room};
use super::seen::{await_waiters, expect_calls, expect_starts, let_everything_end};
use crate::trial::{CheckResult, FutureUnderTest, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{Capability, DropPolicy, Failure, Fault, State, Value};
use std::time::Duration;

pub(crate) fn fut_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    expect_state(&future, "runs", State::RUNNING)?;
    if trial.profile().has(Capability::Cancel) {
        future.cancel()?;
        expect_state(&future, "was running when it was cancelled", State::RUNNING)?;
    }
    gate.open();
    future.returns_own_label()?;
    expect_state(&future, "returned a value", State::FINISHED)?;
    if trial.profile().has(Capability::Cancel) {
        future.cancel()?;
        expect_state(&future, "was done when it was cancelled", State::FINISHED)?;
    }
    let_everything_end(trial, &executor)?;
    expect_state(&future, "was done before shutdown", State::FINISHED)
}

fn expect_state(future: &FutureUnderTest, when: &str, expected: State) -> CheckResult {
    expect_eq(&format!("the state of task {}, which {when},", future.label()), &future.state()?, &expected)
}

pub(crate) fn fut_002(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    expect_state(&busy.parked, "runs", State::RUNNING)?;
    for future in &queued {
        expect_state(future, "waits for a worker", State::PENDING)?;
    }
    let cancels = trial.profile().has(Capability::Cancel) && queued[1].cancel()?;
    if cancels {
        expect_state(&queued[1], "was cancelled", State::CANCELLED)?;
        expect_state(&queued[2], "waits behind a cancelled one", State::PENDING)?;
    }
    busy.gate.open();
    for (index, future) in queued.iter().enumerate() {
        if cancels && index == 1 {
            continue;
        }
        future.returns_own_label()?;
        expect_state(future, "returned a value", State::FINISHED)?;
    }
    expect_state(&busy.parked, "returned a value", State::FINISHED)?;
    if cancels {
        expect_state(&queued[1], "was cancelled", State::CANCELLED)?;
    }
    Ok(())
}

pub(crate) fn fut_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let workers = executor.workers();
    let behind = 3 * workers + 4;
    if room(trial) < behind {
        return Err(Stop::Unsupported(format!("needs a queue of {behind}, more than the declared profile has")));
    }
    let gate = trial.gate();
    let probes: Vec<_> = trial.probes(workers).into_iter().map(|probe| probe.pass(&gate)).collect();
    let mut futures = executor.submit_all(probes)?;
    trial.await_arrivals(&gate, workers)?;
    futures.extend(executor.submit_all(trial.probes(behind))?);
    let mut running = 0;
    for future in &futures {
        running += usize::from(future.state()?.running);
    }
    gate.open();
    let most = 2 * workers + 1;
    expect(
        (workers..=most).contains(&running),
        &format!("with {workers} workers at work, between {workers} and {most} futures run, but {running} do"),
    )
}

pub(crate) fn fut_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for _ in 0..trial.times(20) {
        let future = executor.submit(trial.probe())?;
        let done = future.await_done(trial.patience())?;
        expect_eq(&format!("the state of task {} once it is done", future.label()), &done, &State::FINISHED)?;
        let found = future.try_result(Some(Duration::ZERO));
        expect(
            matches!(found, Ok(Ok(_))),
            &format!("a future that is done must answer result(timeout=0) with its value, but it answers {found:?}"),
        )?;
    }
    Ok(())
}

pub(crate) fn fut_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let waits: Vec<_> = (0..3)
        .map(|_| {
            let future = future.clone();
            trial.aside("result() of a running task", move || future.outcome())
        })
        .collect();
    await_waiters(trial, future.label(), 3, &waits[1])?;
    let asked = future.clone();
    let asked = trial.aside("running/done/cancelled while others wait for the result", move || asked.state());
    let state = asked.returns()??;
    gate.open();
    expect_eq("the state of a running task that others wait for", &state, &State::RUNNING)?;
    for wait in waits {
        expect(wait.returns()??.is_ok(), "every waiter must get the value")?;
    }
    Ok(())
}

pub(crate) fn fut_033(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().drop_future != DropPolicy::Detaches {
        // No executor declares it, so that no check of it could be proven.
        return Err(Stop::Unsupported("needs futures whose tasks run on when they are dropped".into()));
    }
    trial.needs_room(1)?;
    let executor = trial.single()?;
    let (gate, next) = (trial.gate(), trial.gate());
    let running = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let queued = executor.submit(trial.probe().pass(&next))?;
    let labels = [running.label(), queued.label()];
    drop((queued, running));
    gate.open();
    // Without a shutdown: one that loses what is queued is another defect.
    trial.await_arrivals(&next, 1)?;
    next.open();
    let_everything_end(trial, &executor)?;
    labels.into_iter().try_for_each(|label| expect_starts(trial, label, 1))
}

/// Checks that the future does not let itself be completed.
fn refuses_completion(future: &FutureUnderTest) -> CheckResult {
    match future.try_complete(Value::Int(-1)) {
        Err(Fault::Raised(_)) => Ok(()),
        Err(other) => {
            violated(format!("completing task {} again must be refused as such, but: {other}", future.label()))
        }
        Ok(()) => violated(format!("task {} is done, and was completed once more", future.label())),
    }
}

pub(crate) fn fut_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let done = executor.submit(trial.probe())?;
    done.returns_own_label()?;
    let callback = trial.probe();
    let label = callback.label();
    done.on_done(&executor, callback)?;
    refuses_completion(&done)?;
    done.returns_own_label()?;
    expect_calls(trial, label, 1)?;
    let parked = trial.park(&executor, 1)?;
    let cancelled = executor.submit(trial.probe())?;
    expect(cancelled.cancel()?, "a queued task must be cancelled")?;
    refuses_completion(&cancelled)?;
    expect_eq("the outcome of a cancelled future", &cancelled.outcome()?, &Err(Failure::Cancelled))?;
    parked.open();
    Ok(())
}
