//! Decides CALL: calling back.

use super::busy::{Busy, room};
use super::seen::{await_end, await_note, calls, expect_calls, expect_starts, let_everything_end};
use crate::trial::{
    CheckResult, ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial, expect, expect_eq, violated,
};
use poolproof_harness::{
    Actor, Capability, Config, Death, Event, Failing, Kind, Moment, Patience, Shutdown, State, WorkerLossPolicy,
};
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
    if trial.profile().has(Capability::Cancel) && trial.profile().worker_limit && room(trial) >= 3 {
        callbacks.push(on_cancel(trial)?);
    }
    callbacks.into_iter().try_for_each(|callback| expect_calls(trial, callback, 1))
}

/// A callback that stops at a gate.
fn stopping(trial: &mut Trial<'_>) -> (poolproof_harness::Gate, ProbeBuilder) {
    let gate = trial.gate();
    let callback = trial.probe().pass(&gate);
    (gate, callback)
}

/// Checks the state while the callback stands at `stop`, and lets it go on.
fn finds_it_done(
    trial: &Trial<'_>,
    future: &FutureUnderTest,
    stop: &poolproof_harness::Gate,
    expected: State,
) -> CheckResult {
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

/// A task at a gate, on the only worker of a new executor.
fn at_a_gate(trial: &mut Trial<'_>) -> Result<(ExecutorUnderTest, poolproof_harness::Gate, FutureUnderTest), Stop> {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    Ok((executor, gate, future))
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
        && profile.worker_limit
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

pub(crate) fn call_004(trial: &mut Trial<'_>) -> CheckResult {
    later_callbacks_run(trial, Failing::Panic)
}

pub(crate) fn call_006(trial: &mut Trial<'_>) -> CheckResult {
    later_callbacks_run(trial, Failing::Exit)
}

pub(crate) fn call_032(trial: &mut Trial<'_>) -> CheckResult {
    later_callbacks_run(trial, Failing::PanicPayload)
}

/// Checks that the second of three callbacks may fail without harm to the others, the result and
/// the only worker.
fn later_callbacks_run(trial: &mut Trial<'_>, failing: Failing) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let mut callbacks = trial.probes(2);
    callbacks.insert(1, trial.probe().fail(failing));
    let labels: Vec<_> = callbacks.iter().map(ProbeBuilder::label).collect();
    for callback in callbacks {
        future.on_done(&executor, callback)?;
    }
    gate.open();
    future.returns_own_label()?;
    for &label in &labels {
        trial.await_callback(label, 1)?;
    }
    let after = executor.submit(trial.probe())?;
    trial
        .aside("result() of the task after the callback that failed", move || after.returns_own_label())
        .returns()??;
    labels.into_iter().try_for_each(|label| expect_calls(trial, label, 1))
}

pub(crate) fn call_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let future = executor.submit(trial.probe())?;
    future.returns_own_label()?;
    let mut callbacks = trial.probes(2);
    callbacks.insert(1, trial.probe().fail(Failing::Panic));
    for callback in callbacks {
        let label = callback.label();
        if let Err(fault) = future.try_on_done(&executor, callback) {
            return violated(format!("registering callback {label} must not fail with its error, but: {fault}"));
        }
        expect_calls(trial, label, 1)?;
    }
    future.returns_own_label()
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

pub(crate) fn call_009(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().kind != Kind::Thread {
        return Err(Stop::Unsupported("callbacks do not run in the workers that shutdown waits for".to_owned()));
    }
    let (executor, gate, future) = at_a_gate(trial)?;
    let (stop, callback) = stopping(trial);
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_arrivals(&stop, 1)?;
    let call = executor.clone();
    let shutdown = trial.aside("shutdown(wait=True) during a callback", move || call.shutdown(Shutdown::WAIT));
    shutdown.stays("a waiting shutdown must not return while a callback runs", Patience::ticks(5))?;
    stop.open();
    shutdown.returns()?
}

pub(crate) fn call_010(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let (stop, callback) = stopping(trial);
    let last = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_arrivals(&stop, 1)?;
    let ask = |what: &str, call: fn(&FutureUnderTest) -> CheckResult| {
        let future = future.clone();
        trial.aside(&format!("{what} while a callback runs"), move || call(&future)).returns()?
    };
    ask("result()", FutureUnderTest::returns_own_label)?;
    ask("running/done/cancelled", |future| expect(future.state()?.done, "a future that calls back must be done"))?;
    if trial.profile().has(Capability::Cancel) {
        ask("cancel()", |future| expect(!future.cancel()?, "cancelling a finished task must answer false"))?;
    }
    stop.open();
    trial.await_callback(last, 1)
}

pub(crate) fn call_011(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let (stop, callback) = stopping(trial);
    let (last, behind) = (callback.label(), trial.probe());
    let queued = behind.label();
    future.on_done(&executor, callback)?;
    future.on_done(&executor, behind)?;
    gate.open();
    trial.await_arrivals(&stop, 1)?;
    let late = trial.probe();
    let label = late.label();
    let (asked, call) = (future.clone(), executor.clone());
    trial.aside("add_done_callback() while a callback runs", move || asked.on_done(&call, late)).returns()??;
    let called = calls(trial, label);
    stop.open();
    expect(called == 1, "a callback registered while others are called must have been called when that returns")?;
    trial.await_callback(last, 1)?;
    trial.await_callback(queued, 1)?;
    expect_calls(trial, label, 1)
}

pub(crate) fn call_012(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let child = trial.probe();
    let (label, callback) = (child.label(), trial.probe().submit(&busy.executor, child));
    let actor = Actor::Callback(callback.label());
    queued[1].on_done(&busy.executor, callback)?;
    let call = busy.executor.clone();
    let shutdown = trial.aside("shutdown(cancel_futures=True) with a callback that submits", move || {
        call.shutdown(Shutdown { wait: false, cancel_futures: true })
    });
    shutdown.returns()??;
    busy.gate.open();
    trial.all_resolve(&queued)?;
    let note = await_note(trial, "the submit of the callback", actor, |_| true)?;
    let note = if note.starts_with("given") {
        await_note(trial, "the submit of the callback", actor, |note| !note.starts_with("given"))?
    } else {
        note
    };
    expect(note.starts_with("refused"), &format!("the callback's submit must be refused, but it says: {note}"))?;
    let_everything_end(trial, &busy.executor)?;
    expect_starts(trial, label, 0)
}

pub(crate) fn call_013(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor_with(Config::workers(2))?;
    let gate = trial.gate();
    let slow = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let (stop, callback) = stopping(trial);
    slow.on_done(&executor, callback)?;
    gate.open();
    trial.await_arrivals(&stop, 1)?;
    for _ in 0..3 {
        let other = executor.submit(trial.probe())?;
        trial
            .aside("result() of a task while a callback of another runs", move || other.returns_own_label())
            .returns()??;
    }
    stop.open();
    slow.returns_own_label()
}

pub(crate) fn call_014(trial: &mut Trial<'_>) -> CheckResult {
    const REGISTRARS: usize = 3;
    const EACH: usize = 4;
    let executor = trial.executor()?;
    let mut labels = Vec::new();
    for _ in 0..20 {
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

pub(crate) fn call_015(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let callback = trial.probe().canary();
    let label = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_callback(label, 1)?;
    future.returns_own_label()?;
    let released = trial.await_events("the release of a callback", |events| {
        events.iter().any(|event| event.actor == Actor::Task(label) && event.moment == Moment::Released)
    });
    // The future is still there.
    future.returns_own_label()?;
    if released.is_err() {
        return violated("what a callback carries must be released once it has run, and is kept with the future");
    }
    Ok(())
}

pub(crate) fn call_031(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let child = trial.probe();
    let (label, callback) = (child.label(), trial.probe().submit(&executor, child));
    let called = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    future.returns_own_label()?;
    trial.await_callback(called, 1)?;
    await_end(trial, label)?;
    expect(calls(trial, called) == 1, "the callback must be called once")
}

pub(crate) fn call_033(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    executor.finish();
    let gate = trial.gate();
    let dies = executor.submit(trial.probe().pass(&gate).die(Death::Kill))?;
    trial.await_arrivals(&gate, 1)?;
    let mut futures = vec![dies];
    futures.extend(executor.submit_all(trial.probes(3))?);
    let mut callbacks = Vec::new();
    for future in &futures {
        let child = trial.probe();
        let callback = trial.probe().submit(&executor, child);
        callbacks.push(callback.label());
        future.on_done(&executor, callback)?;
    }
    gate.open();
    trial.all_resolve(&futures)?;
    for &callback in &callbacks {
        trial.await_callback(callback, 1)?;
    }
    if trial.profile().worker_loss == WorkerLossPolicy::PoolBroken {
        for callback in callbacks {
            let actor = Actor::Callback(callback);
            await_note(trial, "the refusal of the callback's submit", actor, |note| note.starts_with("refused"))?;
        }
    }
    let_everything_end(trial, &executor)
}

pub(crate) fn call_034(trial: &mut Trial<'_>) -> CheckResult {
    let gate = trial.gate();
    let initialiser = trial.probe().pass(&gate).fail(Failing::Error).as_initialiser()?;
    let executor = trial.executor_with(Config { initialiser: Some(initialiser), ..Config::workers(1) })?;
    executor.finish();
    let count = 3.min(room(trial));
    let futures = executor.submit_all(trial.probes(count))?;
    trial.await_arrivals(&gate, 1)?;
    let child = trial.probe();
    let callback = trial.probe().submit(&executor, child);
    let called = callback.label();
    futures[count / 2].on_done(&executor, callback)?;
    gate.open();
    trial.all_resolve(&futures)?;
    trial.await_callback(called, 1)?;
    let_everything_end(trial, &executor)
}
