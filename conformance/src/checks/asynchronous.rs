//! Decides ASYN: awaiting from asynchronous code.

use crate::checks::seen::await_callers;
use crate::trial::{CheckResult, Trial, expect_eq, violated};
use poolproof_harness::{Failing, Value};

pub(crate) fn asyn_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for failing in [Failing::Error, Failing::StopIteration] {
        let gate = trial.gate();
        let future = executor.submit(trial.probe().pass(&gate).fail(failing))?;
        let call = format!("await of task {}", future.label());
        let what = format!("awaiting a task that raises {}", failing.kind());
        let awaiting = trial.aside(&what, move || future.awaited());
        await_callers(trial, |begun| begun == call, 1, &awaiting)?;
        gate.open();
        // Which error arrives is another question: a language may have to replace one.
        if let Ok(value) = awaiting.returns()?? {
            return violated(format!("{what} must fail, but gave {value:?}"));
        }
    }
    Ok(())
}

pub(crate) fn asyn_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    let value = Ok(Value::Int(i64::from(future.label())));
    let call = format!("await of task {}", future.label());
    let awaited = future.clone();
    let awaiting = trial.aside("awaiting a task", move || awaited.awaited());
    await_callers(trial, |begun| begun == call, 1, &awaiting)?;
    gate.open();
    expect_eq("what awaiting a task gives", &awaiting.returns()??, &value)?;
    let again = trial.aside("awaiting a task that is done", move || future.awaited());
    expect_eq("what awaiting a task gives that is done", &again.returns()??, &value)
}
