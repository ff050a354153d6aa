//! Shutdown and cancelled tasks.

use crate::checks::seen::await_callers;
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{Actor, Capability, Failure, Patience, ReturnWhen, Shutdown, Value};

const CANCEL_NO_WAIT: Shutdown = Shutdown { wait: false, cancel_futures: true };

/// Long enough for a call to be made, and for a wrong executor to show.
const A_WHILE: Patience = Patience::ticks(5);

/// How many tasks are queued to be cancelled by a shutdown.
const QUEUED: usize = 4;

/// A busy executor and tasks behind it that nobody has claimed.
fn queued(trial: &mut Trial<'_>) -> Result<(ExecutorUnderTest, crate::trial::Parked, Vec<FutureUnderTest>), Stop> {
    let executor = trial.executor()?;
    let more = QUEUED + trial.claimed_ahead(executor.workers());
    let parked = trial.park(&executor, more)?;
    let probes = trial.probes(more);
    let futures = executor.submit_all(probes)?;
    Ok((executor, parked, futures))
}

/// Checks that the request to cancel reached what was queued: each is cancelled and never ran. An
/// executor that hands tasks out in advance may have let as many slip as it claims ahead.
fn expect_cancelled(trial: &Trial<'_>, futures: &[FutureUnderTest]) -> CheckResult {
    let mut cancelled = 0;
    for future in futures {
        let label = future.label();
        match future.outcome()? {
            Err(Failure::Cancelled) => {
                expect(!trial.has_started(label), &format!("task {label} is cancelled, but ran"))?;
                cancelled += 1;
            }
            Ok(value) => expect_eq(&format!("the value of task {label}"), &value, &Value::Int(i64::from(label)))?,
            Err(other) => return violated(format!("task {label} must be cancelled, but {other}")),
        }
    }
    let message = format!("of {} queued tasks at least {QUEUED} must be cancelled, but {cancelled} are", futures.len());
    expect(cancelled >= QUEUED, &message)
}

fn values(parked: &crate::trial::Parked) -> CheckResult {
    parked.futures().iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn shut_006(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, parked, futures) = queued(trial)?;
    executor.shutdown(CANCEL_NO_WAIT)?;
    parked.open();
    // Whether a second shutdown takes the request back is another requirement's question: it comes
    // when everything is decided, and only lets what still runs end.
    trial.all_resolve(&futures)?;
    executor.shutdown(Shutdown::WAIT)?;
    expect_cancelled(trial, &futures)?;
    values(&parked)
}

pub(crate) fn shut_007(trial: &mut Trial<'_>) -> CheckResult {
    const ROUNDS: usize = 10;
    for round in 0..trial.times(ROUNDS) {
        let (executor, parked, futures) = queued(trial)?;
        let calls = if round == 0 { [Shutdown::NO_WAIT, CANCEL_NO_WAIT] } else { [CANCEL_NO_WAIT, Shutdown::NO_WAIT] };
        for how in calls {
            executor.shutdown(how)?;
        }
        parked.open();
        executor.shutdown(Shutdown::WAIT)?;
        expect_cancelled(trial, &futures)?;
        values(&parked)?;
    }
    Ok(())
}

pub(crate) fn shut_008(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, parked, futures) = queued(trial)?;
    let last = futures[futures.len() - 2..].to_vec();
    let waiting = {
        let (executor, last) = (executor.clone(), last.clone());
        trial.aside("a wait for futures that shutdown cancels", move || {
            executor.wait(&last, ReturnWhen::AllCompleted, None)
        })
    };
    let iterating = {
        let (executor, last) = (executor.clone(), last.clone());
        trial.aside("as_completed over futures that shutdown cancels", move || {
            executor.as_completed(&last, None)?.rest()
        })
    };
    let asking = {
        let last = last[0].clone();
        trial.aside("result() of a future that shutdown cancels", move || last.outcome())
    };
    let waits = |call: &str| ["wait(", "next of as_completed", "result("].iter().any(|start| call.starts_with(start));
    await_callers(trial, waits, 3, &waiting)?;
    executor.shutdown(CANCEL_NO_WAIT)?;
    parked.open();
    executor.shutdown(Shutdown::WAIT)?;
    expect_eq("what result() answers", &asking.returns()??, &Err(Failure::Cancelled))?;
    expect_eq("what is not done of the futures that shutdown cancelled", &waiting.returns()??.not_done, &Vec::new())?;
    let mut yielded = iterating.returns()??;
    yielded.sort_unstable();
    expect_eq("the futures yielded of those that shutdown cancelled", &yielded, &vec![0, 1])?;
    let again = executor.wait(&last, ReturnWhen::AllCompleted, None)?;
    expect_eq("what is not done when a wait begins after that", &again.not_done, &Vec::new())
}

pub(crate) fn shut_013(trial: &mut Trial<'_>) -> CheckResult {
    const ROUNDS: usize = 10;
    for round in 0..trial.times(ROUNDS) {
        let executor = trial.executor()?;
        if round % 2 == 0 {
            // Every other time the workers are there already, and idle.
            executor.submit(trial.probe())?.returns_own_label()?;
        }
        let future = executor.submit(trial.probe())?;
        let cancelled = future.cancel()?;
        executor.shutdown(Shutdown::WAIT)?;
        expect_agreement(&future, cancelled)?;
    }
    if trial.profile().has(Capability::Isolation) {
        while_a_result_is_rebuilt(trial)?;
    }
    if !trial.profile().has(Capability::Concurrency) || !trial.profile().is_limited() {
        return Ok(());
    }
    // Once more, with the worker held, so that the task is certainly cancelled.
    let executor = trial.executor()?;
    let parked = trial.park(&executor, 1)?;
    let future = executor.submit(trial.probe())?;
    expect(future.cancel()?, "a queued task must be cancelled")?;
    let shutdown = trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT));
    parked.open();
    shutdown.returns()?
}

/// Submits, cancels and shuts down while whoever receives results is busy with one: it learns of all
/// three at once.
fn while_a_result_is_rebuilt(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().held(&gate))?;
    let asking = {
        let (held, gate) = (held.clone(), gate.clone());
        trial.aside("result() of a task whose result is held", move || {
            let outcome = held.outcome();
            // Where nothing stops at the gate, there is nothing to wait for.
            gate.pass(Actor::Check);
            outcome
        })
    };
    trial.await_arrivals(&gate, 1)?;
    let giving_up = {
        let (executor, probe) = (executor.clone(), trial.probe());
        trial.aside("submit() and cancel() while a result is rebuilt", move || {
            let future = executor.submit(probe)?;
            future.cancel().map(|cancelled| (future, cancelled))
        })
    };
    // Whether other calls may be kept waiting as long as a result is rebuilt is not the question.
    let in_time = giving_up.returns_within(A_WHILE);
    if in_time.is_none() {
        gate.open();
    }
    let (future, cancelled) = in_time.map_or_else(|| giving_up.returns(), Ok)??;
    let shutdown = trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT));
    let early = shutdown.returns_within(A_WHILE);
    gate.open();
    early.map_or_else(|| shutdown.returns(), Ok)??;
    drop(asking.returns()??);
    expect_agreement(&future, cancelled)
}

/// Checks that the outcome is what cancel answered.
fn expect_agreement(future: &FutureUnderTest, cancelled: bool) -> CheckResult {
    match future.outcome()? {
        Ok(_) if !cancelled => Ok(()),
        Err(Failure::Cancelled) if cancelled => Ok(()),
        other => violated(format!("cancel answered {cancelled}, but the outcome is {other:?}")),
    }
}
