//! Decides RES: delivering results.

use super::busy::wave;
use super::seen::{await_waiters, expect_starts, let_everything_end};
use crate::trial::{CheckResult, FutureUnderTest, Trial, expect, expect_eq};
use poolproof_harness::{Actor, Capability, Config, Moment, PayloadBytes, Raised, State, Value};
use std::sync::{Arc, Barrier};
use std::time::Duration;

/// How many threads wait for one result.
const WAITERS: usize = 8;

pub(crate) fn res_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    // The first time the task still runs, the second time it is done.
    for round in 0..2 {
        let line = Arc::new(Barrier::new(WAITERS + 1));
        let waits: Vec<_> = (0..WAITERS)
            .map(|_| {
                let (future, line) = (future.clone(), Arc::clone(&line));
                trial.aside("result() from several threads", move || {
                    line.wait();
                    future.returns_own_label()
                })
            })
            .collect();
        line.wait();
        if round == 0 {
            await_waiters(trial, future.label(), WAITERS, &waits[0])?;
            gate.open();
        }
        for wait in waits {
            wait.returns()??;
        }
    }
    Ok(())
}

pub(crate) fn res_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().carry(Value::Text("kept".into())))?;
    reads(trial, &future)?;
    if trial.profile().has(Capability::Shutdown) {
        let_everything_end(trial, &executor)?;
        reads(trial, &future)?;
    }
    executor.release()?;
    reads(trial, &future)
}

/// Reads the same result several times, here and in another thread.
fn reads(trial: &Trial<'_>, future: &FutureUnderTest) -> CheckResult {
    let elsewhere = future.clone();
    let elsewhere = trial.aside("result() from another thread", move || elsewhere.value());
    let mut found = vec![elsewhere.returns()??];
    for _ in 0..3 {
        found.push(future.value()?);
        let failure = future.try_exception(None);
        expect(failure == Ok(None), &format!("exception() of a task that returned must be None, but is {failure:?}"))?;
    }
    found.iter().try_for_each(|value| expect_eq("the value, read again", value, &Value::Text("kept".into())))
}

pub(crate) fn res_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let values = [
        Value::None,
        Value::Bool(false),
        Value::Bool(true),
        Value::Int(0),
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Text(String::new()),
        Value::Text("line\nbreak, \"quotes\", \u{e9}\u{4e16}\u{1f600}".into()),
        Value::Payload(PayloadBytes { len: 0, seed: 1 }),
        Value::ErrorValue(Raised::new("ProbeError", "this is a value")),
    ];
    for value in values {
        let future = executor.submit(trial.probe().carry(value.clone()))?;
        expect_eq("the value", &future.value()?, &value)?;
        let failure = future.try_exception(None);
        expect(failure == Ok(None), &format!("exception() must be None for {value:?}, but is {failure:?}"))?;
    }
    Ok(())
}

pub(crate) fn res_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut labels = Vec::new();
    let mut left = trial.times(500);
    while left > 0 {
        let probes = trial.probes(left.min(wave(trial)));
        left -= probes.len();
        let futures = executor.submit_all(probes)?;
        for future in &futures {
            future.returns_own_label()?;
        }
        labels.extend(futures.iter().map(FutureUnderTest::label));
    }
    let_everything_end(trial, &executor)?;
    labels.into_iter().try_for_each(|label| expect_starts(trial, label, 1))
}

pub(crate) fn res_005(trial: &mut Trial<'_>) -> CheckResult {
    /// Around what a pipe holds, and far beyond it.
    const SIZES: [usize; 5] = [4_095, 65_535, 65_536, 65_537, 4 << 20];
    let executor = trial.executor()?;
    for len in SIZES {
        let mut futures = Vec::new();
        for _ in 0..=executor.workers() {
            let value = Value::Payload(PayloadBytes { len, seed: trial.rng().u64(..) });
            futures.push((executor.submit(trial.probe().carry(value.clone()))?, value));
            if futures.len() >= wave(trial) {
                break;
            }
        }
        for (future, value) in futures {
            expect_eq(&format!("a payload of {len} bytes"), &future.value()?, &value)?;
        }
    }
    Ok(())
}

pub(crate) fn res_006(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for _ in 0..trial.times(50) {
        let future = executor.submit(trial.probe())?;
        future.returns_own_label()?;
        let state = future.state()?;
        expect_eq("the state once result() returned", &state, &State::FINISHED)?;
        let label = future.label();
        let ended =
            trial.history().count(|event| event.actor == Actor::Task(label) && event.moment == Moment::Finished);
        expect(ended == 1, &format!("task {label} must have ended before its result is delivered"))?;
    }
    Ok(())
}

pub(crate) fn res_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor_with(Config::workers(2))?;
    let gate = trial.gate();
    let slow = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    for _ in 0..3 {
        executor.submit(trial.probe())?.returns_own_label()?;
    }
    gate.open();
    slow.returns_own_label()
}

pub(crate) fn res_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for round in 0..trial.times(200) {
        let future = executor.submit(trial.probe())?;
        if round % 2 == 0 || !trial.profile().has(Capability::Timeout) {
            future.returns_own_label()?;
        } else {
            // A wait with a limit that is never reached takes another path in most futures.
            let found = future.try_result(Some(Duration::from_secs(3600)));
            expect(matches!(found, Ok(Ok(_))), &format!("result must give the value, but gives {found:?}"))?;
        }
    }
    Ok(())
}
