//! Decides SUB: accepting tasks.

use crate::trial::{CheckResult, Trial};

pub(crate) fn sub_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let probe = trial.probe().pass(&gate);
    let future = executor.submit(probe)?;
    trial.await_arrivals(&gate, 1)?;
    gate.open();
    future.returns_own_label()
}
