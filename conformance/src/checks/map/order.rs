//! Results in input order, with and without failures.

use super::{labels, needs_places, one_by_one, values};
use crate::trial::{CheckResult, Trial, expect, expect_eq, violated};
use poolproof_harness::{Capability, Failing, Failure, Value};

pub(crate) fn map_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    // A body that has ended may still be overtaken on the way to its future: hence several rounds.
    for _ in 0..5 {
        let gates: Vec<_> = (0..executor.workers()).map(|_| trial.gate()).collect();
        let probes: Vec<_> = gates.iter().map(|gate| trial.probe().pass(gate)).collect();
        let labels = labels(&probes);
        let results = executor.map_with(probes, one_by_one(trial))?;
        for (gate, &label) in gates.iter().zip(&labels).rev() {
            gate.open();
            trial.await_end(label)?;
        }
        expect_eq("the results of the map", &results.values()?, &values(&labels))?;
    }
    Ok(())
}

pub(crate) fn map_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    needs_places(trial, 7 * executor.workers() + 1)?;
    for items in [0, 1, executor.workers(), 7 * executor.workers() + 1] {
        let probes = trial.probes(items);
        let labels = labels(&probes);
        let results = executor.map(probes)?.values()?;
        expect_eq(&format!("the results of a map over {items} items"), &results, &values(&labels))?;
        for &label in &labels {
            let runs = trial.history().started().iter().filter(|&&started| started == label).count();
            expect(runs == 1, &format!("each item must run once, but item {label} ran {runs} times"))?;
        }
    }
    Ok(())
}

pub(crate) fn map_004(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 5)?;
    let executor = trial.single()?;
    let mut probes = trial.probes(5);
    probes[2] = trial.probe().fail(Failing::Error);
    let labels = labels(&probes);
    let mut results = executor.map_with(probes, one_by_one(trial))?;
    // The failure is there before the first result is read.
    labels.iter().try_for_each(|&label| trial.await_end(label))?;
    // What the only worker runs afterwards begins when the outcomes before it are delivered.
    executor.submit(trial.probe())?.returns_own_label()?;
    for &label in &labels[..2] {
        expect_eq("a result before the failing item", &results.next_value()?, &Value::Int(i64::from(label)))?;
    }
    match results.try_next() {
        Ok(Some(Err(Failure::Raised(raised)))) => {
            expect_eq("the error at the position of the failing item", &raised.kind.as_str(), &"ProbeError")
        }
        other => violated(format!("the third item must fail with its own error, but the map gave {other:?}")),
    }
}

pub(crate) fn map_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let mut probes = trial.probes(6 + trial.claimed_ahead(1));
    trial.needs_room(probes.len())?;
    probes[1] = trial.probe().fail(Failing::Error);
    probes[2] = trial.probe().pass(&gate);
    let labels = labels(&probes);
    if trial.needs_fifo().is_err() {
        // The only worker may come to the third item before it comes to those that are read first.
        gate.open();
    }
    let mut results = executor.map_with(probes, one_by_one(trial))?;
    results.next_value()?;
    let failed = results.try_next();
    expect(matches!(failed, Ok(Some(Err(_)))), &format!("the second item must fail, but the map gave {failed:?}"))?;
    // In order, nothing behind the third item can have started: it holds the only worker.
    gate.open();
    match results.try_next() {
        Ok(None) if trial.profile().has(Capability::Cancel) && trial.needs_fifo().is_ok() => {
            executor.shutdown(poolproof_harness::Shutdown::WAIT)?;
            let behind = &labels[3 + trial.claimed_ahead(1)..];
            trial.never_ran(behind, "a map that ends at a failure must cancel what has not started")
        }
        Ok(None) => Ok(()),
        Ok(Some(Ok(value))) => {
            expect_eq("the result after the failure", &value, &Value::Int(i64::from(labels[2])))?;
            expect_eq("the results after the failure", &results.values()?, &values(&labels[3..]))
        }
        other => violated(format!("after a failure a map must end or go on with the next item, but it gave {other:?}")),
    }
}
