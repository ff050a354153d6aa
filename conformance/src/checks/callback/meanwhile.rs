//! What goes on while a callback runs, and after it.

use super::{at_a_gate, stopping};
use crate::checks::seen::calls;
use crate::trial::{CheckResult, FutureUnderTest, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{Actor, Capability, Config, Kind, Moment, Patience, Shutdown};

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
    ask("result()", |future| future.returns_own_label())?;
    ask("running/done/cancelled", |future| expect(future.state()?.done, "a future that calls back must be done"))?;
    if trial.profile().has(Capability::Cancel) {
        ask("cancel()", |future| expect(!future.cancel()?, "cancelling a finished task must answer false"))?;
    }
    stop.open();
    trial.await_callback(last, 1)
}

pub(crate) fn call_011(trial: &mut Trial<'_>) -> CheckResult {
    let (executor, gate, future) = at_a_gate(trial)?;
    let (stop, first) = stopping(trial);
    let (nested, second) = (trial.probe(), trial.probe());
    let labels = [first.label(), nested.label(), second.label()];
    future.on_done(&executor, first.on_done(&executor, nested))?;
    future.on_done(&executor, second)?;
    gate.open();
    trial.await_arrivals(&stop, 1)?;
    let late = trial.probe();
    let label = late.label();
    let (asked, call) = (future.clone(), executor.clone());
    trial.aside("add_done_callback() while a callback runs", move || asked.on_done(&call, late)).returns()??;
    let called = calls(trial, label);
    stop.open();
    expect(called == 1, "a callback registered while others are called must have been called when that returns")?;
    for label in labels {
        trial.await_callback(label, 1)?;
    }
    let order: Vec<_> = trial.history().called_back().into_iter().filter(|called| *called != label).collect();
    expect_eq("the order of a callback, the one that it registers, and the one behind it", &order, &labels.to_vec())
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
