//! Callbacks that submit, or shut down, where futures fail or are cancelled.

use super::at_a_gate;
use crate::checks::busy::{Busy, room};
use crate::checks::seen::{await_end, await_note, expect_calls, expect_starts, let_everything_end};
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect};
use poolproof_harness::{Actor, Config, Death, Failing, Gate, Shutdown};

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
    // Drivers note first what the callback was given.
    let note = await_note(trial, "the submit of the callback", actor, |note| !note.starts_with("given"))?;
    expect(note.starts_with("refused"), &format!("the callback's submit must be refused, but it says: {note}"))?;
    let_everything_end(trial, &busy.executor)?;
    expect_starts(trial, label, 0)
}

pub(crate) fn call_035(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let callback = trial.probe().shutdown(Shutdown::NO_WAIT);
    let actor = Actor::Callback(callback.label());
    queued[1].on_done(&busy.executor, callback)?;
    let call = busy.executor.clone();
    let shutdown = trial.aside("shutdown(cancel_futures=True) with a callback that shuts down", move || {
        call.shutdown(Shutdown { wait: false, cancel_futures: true })
    });
    shutdown.returns()??;
    busy.gate.open();
    trial.all_resolve(&queued)?;
    await_shutdown(trial, actor)?;
    let_everything_end(trial, &busy.executor)
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
    expect_calls(trial, called, 1)
}

pub(crate) fn call_033(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, futures) = about_to_lose_its_worker(trial)?;
    let mut callbacks = Vec::new();
    for future in &futures {
        let child = trial.probe();
        let callback = trial.probe().submit(&executor, child);
        callbacks.push(callback.label());
        future.on_done(&executor, callback)?;
    }
    gate.open();
    trial.all_resolve(&futures)?;
    // Whether its submit is refused or accepted, a callback gets over it.
    for callback in callbacks {
        trial.await_callback(callback, 1)?;
    }
    let_everything_end(trial, &executor)
}

/// An executor whose only worker dies when the gate opens, with its task and three behind it.
fn about_to_lose_its_worker(trial: &mut Trial<'_>) -> Result<(ExecutorUnderTest, Gate, Vec<FutureUnderTest>), Stop> {
    trial.needs_room(3)?;
    let executor = trial.single()?;
    executor.finish();
    let gate = trial.gate();
    let dies = executor.submit(trial.probe().pass(&gate).die(Death::Kill))?;
    trial.await_arrivals(&gate, 1)?;
    let mut futures = vec![dies];
    futures.extend(executor.submit_all(trial.probes(3))?);
    Ok((executor, gate, futures))
}

pub(crate) fn call_036(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, futures) = about_to_lose_its_worker(trial)?;
    // The task that dies, and one that may be lost with the pool and stands in the middle of it.
    let mut callers = Vec::new();
    for future in &futures[..2] {
        let callback = trial.probe().shutdown(Shutdown::NO_WAIT);
        callers.push(Actor::Callback(callback.label()));
        future.on_done(&executor, callback)?;
    }
    gate.open();
    trial.all_resolve(&futures)?;
    for caller in callers {
        await_shutdown(trial, caller)?;
    }
    let_everything_end(trial, &executor)
}

/// Waits for the end of the shutdown that a callback called.
fn await_shutdown(trial: &Trial<'_>, caller: Actor) -> CheckResult {
    await_note(trial, "the end of the callback's shutdown", caller, |note| note.starts_with("shutdown")).map(drop)
}

pub(crate) fn call_034(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, futures) = about_to_fail_to_start(trial)?;
    let child = trial.probe();
    let callback = trial.probe().submit(&executor, child);
    let called = callback.label();
    futures[futures.len() / 2].on_done(&executor, callback)?;
    gate.open();
    trial.all_resolve(&futures)?;
    trial.await_callback(called, 1)?;
    let_everything_end(trial, &executor)
}

/// An executor whose initialiser fails when the gate opens, with tasks that wait for it.
fn about_to_fail_to_start(trial: &mut Trial<'_>) -> Result<(ExecutorUnderTest, Gate, Vec<FutureUnderTest>), Stop> {
    // Without a queue a submit may wait until the worker has started.
    trial.needs_room(1)?;
    let gate = trial.gate();
    let initialiser = trial.probe().pass(&gate).fail(Failing::Error).as_initialiser()?;
    let executor = trial.executor_with(Config { initialiser: Some(initialiser), ..Config::workers(1) })?;
    executor.finish();
    let count = 3.min(room(trial));
    let futures = executor.submit_all(trial.probes(count))?;
    trial.await_arrivals(&gate, 1)?;
    Ok((executor, gate, futures))
}

pub(crate) fn call_037(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, futures) = about_to_fail_to_start(trial)?;
    let callback = trial.probe().shutdown(Shutdown::NO_WAIT);
    let caller = Actor::Callback(callback.label());
    futures[futures.len() / 2].on_done(&executor, callback)?;
    gate.open();
    trial.all_resolve(&futures)?;
    await_shutdown(trial, caller)?;
    let_everything_end(trial, &executor)
}
