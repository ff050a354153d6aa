//! Decides TIME: time limits.

use super::busy::{Busy, room};
use super::seen::await_waiters;
use crate::trial::{CheckResult, Trial, expect, expect_eq, violated};
use poolproof_harness::{Capability, Failing, Failure, Fault, MapOptions, Patience, ReturnWhen, State, now_ns};
use std::time::{Duration, Instant};

/// A limit that has passed already.
const NOW: Option<Duration> = Some(Duration::ZERO);
/// A limit that passes while the check looks on.
const SOON: Duration = Patience::TICK;
/// A limit that is never reached.
const NEVER: Option<Duration> = Some(Duration::from_secs(3600));

/// Checks that a call ended with the time limit.
fn expect_timed_out<T: std::fmt::Debug>(call: &str, found: Result<T, Fault>) -> CheckResult {
    match found {
        Err(Fault::TimedOut) => Ok(()),
        other => violated(format!("{call} must time out, but gives {other:?}")),
    }
}

pub(crate) fn time_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    if trial.profile().has(Capability::Concurrency) {
        let gate = trial.gate();
        let future = executor.submit(trial.probe().pass(&gate))?;
        trial.await_arrivals(&gate, 1)?;
        for _ in 0..2 {
            expect_timed_out("result(timeout=0) of a running task", future.try_result(NOW))?;
            expect_timed_out("exception(timeout=0) of a running task", future.try_exception(NOW))?;
        }
        gate.open();
        future.returns_own_label()?;
    }
    let good = executor.submit(trial.probe())?;
    good.await_done(trial.patience())?;
    let found = good.try_result(NOW);
    expect(matches!(found, Ok(Ok(_))), &format!("result(timeout=0) of a done task must be its value, not {found:?}"))?;
    expect_eq("exception(timeout=0) of a done task", &good.try_exception(NOW), &Ok(None))?;
    let bad = executor.submit(trial.probe().fail(Failing::Error))?;
    bad.await_done(trial.patience())?;
    let found = bad.try_result(NOW);
    expect(matches!(found, Ok(Err(Failure::Raised(_)))), &format!("it must be the failure, not {found:?}"))?;
    let found = bad.try_exception(NOW);
    expect(matches!(found, Ok(Some(Failure::Raised(_)))), &format!("it must be the failure, not {found:?}"))
}

pub(crate) fn time_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let wait = future.clone();
    let wait = trial.aside("result() without a limit", move || wait.returns_own_label());
    // Long enough that a limit which is taken for none would have passed.
    wait.stays("result() without a limit must wait for its task", Patience::ticks(5))?;
    gate.open();
    wait.returns()?
}

pub(crate) fn time_003(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_room(1)?;
    let executor = trial.single()?;
    let gate = trial.gate();
    let running = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let queued = executor.submit(trial.probe())?;
    let limited = trial.profile().is_limited();
    for future in [&running, &queued] {
        if limited || future.label() == running.label() {
            expect_timed_out("result(timeout) of a task that cannot end", future.try_result(Some(SOON)))?;
            expect_timed_out("exception(timeout=0) of a task that cannot end", future.try_exception(NOW))?;
        }
    }
    expect_eq("the state of the running task after a time-out", &running.state()?, &State::RUNNING)?;
    expect(!queued.state()?.cancelled, "a time-out must not cancel the task")?;
    gate.open();
    running.returns_own_label()?;
    queued.returns_own_label()
}

pub(crate) fn time_004(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    expect(queued[1].cancel()?, "cancelling a queued task must say that it is cancelled")?;
    for limit in [NOW, Some(SOON), NEVER] {
        let found = queued[1].try_result(limit);
        expect_eq(&format!("result({limit:?}) of a cancelled task"), &found, &Ok(Err(Failure::Cancelled)))?;
        let found = queued[1].try_exception(limit);
        expect_eq(&format!("exception({limit:?}) of a cancelled task"), &found, &Ok(Some(Failure::Cancelled)))?;
    }
    busy.gate.open();
    queued[2].returns_own_label()
}

pub(crate) fn time_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    never_early("result", || expect_timed_out("result", future.try_result(Some(SOON))))?;
    never_early("exception", || expect_timed_out("exception", future.try_exception(Some(SOON))))?;
    let futures = [future];
    if trial.profile().has(Capability::Wait) {
        never_early("wait", || {
            let waited = executor.wait(&futures, ReturnWhen::AllCompleted, Some(SOON))?;
            expect(waited.done.is_empty(), "wait must not find a task done that stands at a gate")
        })?;
    }
    if trial.profile().has(Capability::AsCompleted) {
        never_early("as_completed", || {
            let mut completed = executor.as_completed(&futures, Some(SOON))?;
            expect_timed_out("as_completed", completed.try_next())
        })?;
    }
    // Where nothing is queued, the call itself waits for the worker.
    if trial.profile().has(Capability::Map) && room(trial) > 0 {
        let probe = trial.probe().pass(&gate);
        never_early("map", || {
            let options = MapOptions { timeout: Some(SOON), ..MapOptions::default() };
            expect_timed_out("map", executor.map_with(vec![probe], options)?.try_next())
        })?;
    }
    gate.open();
    futures.iter().try_for_each(|future| future.returns_own_label())
}

/// Checks that a call with the limit [`SOON`] lasts at least that long.
fn never_early(what: &str, call: impl FnOnce() -> CheckResult) -> CheckResult {
    let start = now_ns();
    call()?;
    let elapsed = Duration::from_nanos(now_ns().saturating_sub(start));
    expect(elapsed >= SOON, &format!("{what} with a limit of {SOON:?} must last that long, but lasts {elapsed:?}"))
}

pub(crate) fn time_007(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let wait = future.clone();
    let wait = trial.aside("result with an enormous limit", move || wait.try_result(Some(Duration::MAX)));
    // The wait is to begin before the task is done.
    trial.let_pass(Instant::now(), Patience::TICK);
    gate.open();
    match wait.returns()? {
        Ok(Ok(_)) => {}
        // A driver cannot tell the error of the call from one of the task, which raises none.
        Err(Fault::Raised(raised)) | Ok(Err(Failure::Raised(raised))) if raised.kind != "Panic" => {}
        other => return violated(format!("an enormous limit must wait or be rejected, but gives {other:?}")),
    }
    future.returns_own_label()
}

pub(crate) fn time_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let patient: Vec<_> = (0..3)
        .map(|_| {
            let future = future.clone();
            trial.aside("result() beside waits that time out", move || future.returns_own_label())
        })
        .collect();
    await_waiters(trial, future.label(), 3, &patient[1])?;
    for _ in 0..3 {
        let hasty = future.clone();
        let hasty = trial.aside("result(timeout)", move || hasty.try_result(Some(SOON)));
        expect_timed_out("result(timeout) of a running task", hasty.returns()?)?;
    }
    gate.open();
    patient.into_iter().try_for_each(|wait| wait.returns()?)
}

pub(crate) fn time_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let result = future.clone();
    let result = trial.aside("result() with a limit that is never reached", move || result.try_result(NEVER));
    let exception = future.clone();
    let exception = trial.aside("exception() with such a limit", move || exception.try_exception(NEVER));
    await_waiters(trial, future.label(), 2, &result)?;
    gate.open();
    let found = result.returns()?;
    expect(matches!(found, Ok(Ok(_))), &format!("result must give the value, but gives {found:?}"))?;
    expect_eq("exception with a limit that is never reached", &exception.returns()?, &Ok(None))
}
