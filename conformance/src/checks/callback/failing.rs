//! Callbacks that fail.

use super::at_a_gate;
use crate::checks::seen::expect_calls;
use crate::trial::{CheckResult, ProbeBuilder, Trial, violated};
use poolproof_harness::Failing;

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
