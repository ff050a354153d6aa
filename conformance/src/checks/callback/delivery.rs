//! Who is called, when, how often and where.

use super::{at_a_gate, stopping};
use crate::checks::busy::{Busy, room};
use crate::checks::seen::{expect_calls, let_everything_end};
use crate::trial::{
    CheckResult, ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial, expect, expect_eq, violated,
};
use poolproof_harness::{Actor, Capability, Event, Failing, Gate, Moment, State};
use std::sync::{Arc, Barrier};

pub(crate) fn call_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let mut callbacks = Vec::new();
    for failing in [None, Some(Failing::Error)] {
        let gate = trial.gate();
        let probe = failing.into_iter().fold(trial.probe().pass(&gate), ProbeBuilder::fail);
        let future = executor.submit(probe)?;
        trial.await_arrivals(&gate, 1)?;
        let (stop, callback) = stopping(trial);
        callbacks.push(callback.label());
        future.on_done(&executor, callback)?;
        expect_calls(trial, callbacks[callbacks.len() - 1], 0)?;
        gate.open();
        finds_it_done(trial, &future, &stop, State::FINISHED)?;
    }
    let_everything_end(trial, &executor)?;
    if trial.profile().has(Capability::Cancel) && trial.profile().is_limited() && room(trial) >= 3 {
        callbacks.push(on_cancel(trial)?);
    }
    callbacks.into_iter().try_for_each(|callback| expect_calls(trial, callback, 1))
}

/// Checks the state while the callback stands at `stop`, and lets it go on.
fn finds_it_done(trial: &Trial<'_>, future: &FutureUnderTest, stop: &Gate, expected: State) -> CheckResult {
    trial.await_arrivals(stop, 1)?;
    let state = future.state()?;
    stop.open();
    expect_eq("the state of a future while it calls back", &state, &expected)
}

/// The callback of a cancelled task, called exactly once when everything has ended.
fn on_cancel(trial: &mut Trial<'_>) -> Result<u32, Stop> {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let (stop, callback) = stopping(trial);
    let label = callback.label();
    queued[1].on_done(&busy.executor, callback)?;
    let future = queued[1].clone();
    // The callback may run within the call.
    let cancelling = trial.aside("cancel() of a task with a callback", move || future.cancel());
    finds_it_done(trial, &queued[1], &stop, State::CANCELLED)?;
    expect(cancelling.returns()??, "cancelling a task that has not started must answer true")?;
    busy.gate.open();
    let_everything_end(trial, &busy.executor)?;
    Ok(label)
}

pub(crate) fn call_002(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let callbacks = trial.probes(6);
    let labels: Vec<_> = callbacks.iter().map(ProbeBuilder::label).collect();
    for callback in callbacks {
        future.on_done(&executor, callback)?;
    }
    gate.open();
    for &label in &labels {
        trial.await_callback(label, 1)?;
    }
    expect_eq("the order in which callbacks are called", &trial.history().called_back(), &labels)
}

pub(crate) fn call_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    for failing in [None, Some(Failing::Error)] {
        let future = executor.submit(failing.into_iter().fold(trial.probe(), ProbeBuilder::fail))?;
        let _ = future.outcome()?;
        called_at_once(trial, &executor, &future)?;
    }
    let profile = trial.profile();
    if profile.has(Capability::Cancel)
        && profile.has(Capability::Concurrency)
        && profile.is_limited()
        && room(trial) >= 3
    {
        let busy = Busy::start(trial, 3)?;
        let queued = busy.queue_some(trial, 3)?;
        expect(queued[1].cancel()?, "cancelling a task that has not started must answer true")?;
        called_at_once(trial, &busy.executor, &queued[1])?;
        busy.gate.open();
    }
    Ok(())
}

/// Checks that a callback registered now has been called when the registration returns, by the
/// registering thread as far as that can be seen from here.
fn called_at_once(trial: &mut Trial<'_>, executor: &ExecutorUnderTest, future: &FutureUnderTest) -> CheckResult {
    let callback = trial.probe();
    let label = callback.label();
    future.on_done(executor, callback)?;
    let ended = |event: &Event| event.actor == Actor::Callback(label) && event.moment == Moment::Finished;
    let Some(event) = trial.history().events().into_iter().find(ended) else {
        return violated("a callback registered on a done future must have been called when the registration returns");
    };
    let here = Event::here(Actor::Check, Moment::Noted(String::new()));
    expect(
        event.pid != here.pid || event.tid == here.tid,
        "a callback registered on a done future must be called by the registering thread",
    )?;
    expect_calls(trial, label, 1)
}

pub(crate) fn call_007(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let (before, after) = (trial.probe(), trial.probe());
    let labels = [before.label(), after.label()];
    future.on_done(&executor, before)?;
    gate.open();
    future.returns_own_label()?;
    trial.await_callback(labels[0], 1)?;
    // Called by the registering thread, so in the registering process.
    future.on_done(&executor, after)?;
    trial.await_callback(labels[1], 1)?;
    let pid = |label| {
        let called = |event: &&Event| event.actor == Actor::Callback(label) && event.moment == Moment::Started;
        trial.history().events().iter().find(called).map(|event| event.pid)
    };
    expect_eq("the process in which a callback runs", &pid(labels[0]), &pid(labels[1]))
}

pub(crate) fn call_014(trial: &mut Trial<'_>) -> CheckResult {
    const REGISTRARS: usize = 3;
    const EACH: usize = 4;
    let executor = trial.executor()?;
    let mut labels = Vec::new();
    for _ in 0..trial.times(20) {
        let gate = trial.gate();
        let future = executor.submit(trial.probe().pass(&gate))?;
        trial.await_arrivals(&gate, 1)?;
        let line = Arc::new(Barrier::new(REGISTRARS + 1));
        let mut registrars = Vec::new();
        for _ in 0..REGISTRARS {
            let callbacks = trial.probes(EACH);
            labels.extend(callbacks.iter().map(ProbeBuilder::label));
            let (executor, future, line) = (executor.clone(), future.clone(), Arc::clone(&line));
            registrars.push(trial.aside("add_done_callback() from several threads", move || -> CheckResult {
                line.wait();
                callbacks.into_iter().try_for_each(|callback| future.on_done(&executor, callback))
            }));
        }
        line.wait();
        gate.open();
        for registrar in registrars {
            registrar.returns()??;
        }
    }
    for &label in &labels {
        trial.await_callback(label, 1)?;
    }
    let_everything_end(trial, &executor)?;
    labels.into_iter().try_for_each(|label| expect_calls(trial, label, 1))
}
