//! Decides CALL: calling back.

mod delivery;
mod failing;
mod meanwhile;
mod resubmit;

pub(crate) use delivery::{call_001, call_002, call_003, call_007, call_014};
pub(crate) use failing::{call_004, call_005, call_006, call_032};
pub(crate) use meanwhile::{call_009, call_010, call_011, call_013, call_015};
pub(crate) use resubmit::{call_012, call_031, call_033, call_034, call_035, call_036, call_037};

use crate::trial::{ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial};
use poolproof_harness::Gate;

/// A callback that stops at a gate.
fn stopping(trial: &mut Trial<'_>) -> (Gate, ProbeBuilder) {
    let gate = trial.gate();
    let callback = trial.probe().pass(&gate);
    (gate, callback)
}

/// A task at a gate, on the only worker of a new executor.
fn at_a_gate(trial: &mut Trial<'_>) -> Result<(ExecutorUnderTest, Gate, FutureUnderTest), Stop> {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    Ok((executor, gate, future))
}
