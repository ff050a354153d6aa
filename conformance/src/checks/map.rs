//! Decides MAP: applying a task to every item of an input.

use crate::trial::{CheckResult, Trial, expect_eq};
use poolproof_harness::{Actor, Event, Moment, Value};

pub(crate) fn map_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gates: Vec<_> = (0..executor.workers()).map(|_| trial.gate()).collect();
    let probes: Vec<_> = gates.iter().map(|gate| trial.probe().pass(gate)).collect();
    let labels: Vec<_> = probes.iter().map(crate::trial::ProbeBuilder::label).collect();
    let results = executor.map(probes)?;
    for (gate, &label) in gates.iter().zip(&labels).rev() {
        gate.open();
        trial.await_events(&format!("the end of task {label}"), |events| {
            events.iter().any(|event: &Event| event.actor == Actor::Task(label) && event.moment == Moment::Finished)
        })?;
    }
    let expected: Vec<_> = labels.iter().map(|&label| Value::Int(i64::from(label))).collect();
    expect_eq("the results of the map", &results.values()?, &expected)
}
