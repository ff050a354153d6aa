//! Decides CANC: taking tasks back.

use super::busy::{Busy, room, wave};
use super::seen::{await_waiters, expect_calls, expect_starts, let_everything_end};
use crate::trial::{CheckResult, FutureUnderTest, ProbeBuilder, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{Actor, Capability, Failure, Kind, Moment, Patience, ReturnWhen, State};
use std::sync::{Arc, Barrier};
use std::time::Duration;

/// Cancels a task that certainly waits.
fn cancel(future: &FutureUnderTest) -> CheckResult {
    let label = future.label();
    expect(future.cancel()?, &format!("cancelling task {label}, which has not started, must answer true"))
}

/// Checks everything that is true of a cancelled future.
fn expect_cancelled(future: &FutureUnderTest) -> CheckResult {
    let label = future.label();
    expect_eq(&format!("the state of task {label}, which was cancelled,"), &future.state()?, &State::CANCELLED)?;
    expect_eq(&format!("the outcome of task {label}"), &future.outcome()?, &Err(Failure::Cancelled))?;
    let exception = future.try_exception(None);
    expect_eq(&format!("exception() of task {label}"), &exception, &Ok(Some(Failure::Cancelled)))
}

pub(crate) fn canc_001(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    queued.iter().try_for_each(cancel)?;
    queued.iter().try_for_each(expect_cancelled)?;
    busy.gate.open();
    busy.parked.returns_own_label()?;
    let_everything_end(trial, &busy.executor)?;
    queued.iter().try_for_each(|future| expect_starts(trial, future.label(), 0))?;
    queued.iter().try_for_each(expect_cancelled)
}

pub(crate) fn canc_002(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let running = &busy.parked;
    let callback = trial.profile().has(Capability::Callback).then(|| trial.probe());
    let called = callback.as_ref().map(ProbeBuilder::label);
    if let Some(callback) = callback {
        queued[1].on_done(&busy.executor, callback)?;
    }
    expect(!running.cancel()?, "cancelling a running task must answer false")?;
    expect_eq("the state of a running task after cancel", &running.state()?, &State::RUNNING)?;
    cancel(&queued[1])?;
    cancel(&queued[1])?;
    busy.gate.open();
    for _ in 0..2 {
        running.returns_own_label()?;
        expect(!running.cancel()?, "cancelling a finished task must answer false")?;
        expect_eq("the state of a finished task after cancel", &running.state()?, &State::FINISHED)?;
    }
    running.returns_own_label()?;
    queued[2].returns_own_label()?;
    cancel(&queued[1])?;
    expect_cancelled(&queued[1])?;
    let_everything_end(trial, &busy.executor)?;
    called.into_iter().try_for_each(|callback| expect_calls(trial, callback, 1))
}

pub(crate) fn canc_003(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let waits: Vec<_> = (0..2)
        .map(|_| {
            let future = queued[1].clone();
            trial.aside("result() of a task that is cancelled meanwhile", move || future.outcome())
        })
        .collect();
    let asked = queued[1].clone();
    let asked = trial.aside("exception() of a task that is cancelled meanwhile", move || asked.try_exception(None));
    await_waiters(trial, queued[1].label(), 3, &asked)?;
    cancel(&queued[1])?;
    // The worker is still at its gate: nothing but the cancellation can wake them.
    for wait in waits {
        expect_eq("the outcome that a waiter gets", &wait.returns()??, &Err(Failure::Cancelled))?;
    }
    expect_eq("the exception that a waiter gets", &asked.returns()?, &Ok(Some(Failure::Cancelled)))?;
    busy.gate.open();
    queued[2].returns_own_label()
}

pub(crate) fn canc_004(trial: &mut Trial<'_>) -> CheckResult {
    let rounds = if matches!(trial.profile().kind, Kind::Process | Kind::Cluster) { 20 } else { 200 };
    if wave(trial) < rounds {
        // Whether a cancelled task still takes its place in the queue is nobody's promise.
        return Err(Stop::Unsupported(format!("needs a queue of {rounds}, more than the declared profile has")));
    }
    let executor = trial.executor()?;
    let mut answers: Vec<(FutureUnderTest, bool)> = Vec::new();
    for _ in 0..rounds {
        let future = executor.submit(trial.probe())?;
        // Lets the worker come as near to the start as it happens to.
        for _ in 0..trial.rng().usize(..400) {
            std::hint::spin_loop();
        }
        let answer = future.cancel()?;
        answers.push((future, answer));
    }
    let_everything_end(trial, &executor)?;
    for (future, cancelled) in &answers {
        expect_starts(trial, future.label(), usize::from(!cancelled))?;
        if *cancelled {
            expect_cancelled(future)?;
        } else {
            future.returns_own_label()?;
        }
    }
    Ok(())
}

/// How many threads cancel at once.
const CANCELLERS: usize = 4;

pub(crate) fn canc_005(trial: &mut Trial<'_>) -> CheckResult {
    let rounds = 10.min(room(trial));
    let busy = Busy::start(trial, rounds)?;
    let calls_back = trial.profile().has(Capability::Callback);
    let mut callbacks = Vec::new();
    for future in busy.queue_some(trial, rounds)? {
        if calls_back {
            let callback = trial.probe();
            callbacks.push(callback.label());
            future.on_done(&busy.executor, callback)?;
        }
        let line = Arc::new(Barrier::new(CANCELLERS));
        let cancels: Vec<_> = (0..CANCELLERS)
            .map(|_| {
                let (future, line) = (future.clone(), Arc::clone(&line));
                trial.aside("cancel() from several threads", move || {
                    line.wait();
                    future.cancel()
                })
            })
            .collect();
        for cancel in cancels {
            expect(cancel.returns()??, "each of several cancels at once must answer true")?;
        }
        expect_cancelled(&future)?;
    }
    for &callback in &callbacks {
        trial.await_callback(callback, 1)?;
    }
    busy.gate.open();
    let_everything_end(trial, &busy.executor)?;
    callbacks.into_iter().try_for_each(|callback| expect_calls(trial, callback, 1))
}

pub(crate) fn canc_006(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    cancel(&queued[1])?;
    let waited = busy.executor.wait(&queued, ReturnWhen::AllCompleted, Some(Duration::ZERO))?;
    busy.gate.open();
    expect_eq("what wait finds done once cancel has answered true", &waited.done, &vec![1])
}

pub(crate) fn canc_007(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    let (executor, futures) = (busy.executor.clone(), queued.clone());
    let waiting = trial.aside("wait for tasks of which one is cancelled", move || {
        executor.wait(&futures, ReturnWhen::AllCompleted, None)
    });
    let iterating = trial.profile().has(Capability::AsCompleted).then(|| {
        let (executor, futures) = (busy.executor.clone(), queued.clone());
        trial.aside("as_completed over tasks of which one is cancelled", move || {
            executor.as_completed(&futures, None)?.rest()
        })
    });
    waiting.stays("wait must not return while its tasks wait for a worker", Patience::ticks(1))?;
    cancel(&queued[1])?;
    busy.gate.open();
    let waited = waiting.returns()??;
    expect_eq("what wait finds done", &waited.done, &vec![0, 1, 2])?;
    if let Some(iterating) = iterating {
        let mut yielded = iterating.returns()??;
        yielded.sort_unstable();
        expect_eq("what as_completed yields, sorted", &yielded, &vec![0, 1, 2])?;
    }
    Ok(())
}

pub(crate) fn canc_008(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().kind != Kind::Thread {
        return Err(Stop::Unsupported("what a task carries is copied on its way to the worker".to_owned()));
    }
    let busy = Busy::start(trial, 3)?;
    let first = busy.executor.submit(trial.probe())?;
    let second = busy.executor.submit(trial.probe().canary())?;
    let third = busy.executor.submit(trial.probe())?;
    cancel(&second)?;
    let label = second.label();
    let released = trial.await_events(&format!("the release of what task {label} carries"), |events| {
        events.iter().any(|event| event.actor == Actor::Task(label) && event.moment == Moment::Released)
    });
    busy.gate.open();
    if released.is_err() {
        return violated("what a cancelled task carries must be released before a worker comes to it, and is not");
    }
    first.returns_own_label()?;
    third.returns_own_label()
}

pub(crate) fn canc_009(trial: &mut Trial<'_>) -> CheckResult {
    let queued = 51.min(room(trial));
    let busy = Busy::start(trial, queued)?;
    let mut futures = busy.queue_some(trial, queued)?;
    let last = futures.pop();
    futures.iter().try_for_each(cancel)?;
    busy.gate.open();
    last.iter().try_for_each(|future| future.returns_own_label())?;
    futures.iter().try_for_each(|future| expect_starts(trial, future.label(), 0))?;
    busy.executor.submit(trial.probe())?.returns_own_label()
}

pub(crate) fn canc_031(trial: &mut Trial<'_>) -> CheckResult {
    let busy = Busy::start(trial, 3)?;
    let queued = busy.queue_some(trial, 3)?;
    cancel(&queued[1])?;
    expect(!queued[0].state()?.done && !queued[2].state()?.done, "the neighbours of a cancelled task must still wait")?;
    busy.gate.open();
    queued[0].returns_own_label()?;
    queued[2].returns_own_label()?;
    let_everything_end(trial, &busy.executor)?;
    for (future, times) in queued.iter().zip([1, 0, 1]) {
        expect_starts(trial, future.label(), times)?;
    }
    expect_cancelled(&queued[1])
}
