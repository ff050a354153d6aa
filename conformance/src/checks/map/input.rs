//! How a map reads its input.

use super::{labels, needs_places, one_by_one, values};
use crate::trial::{CheckResult, Trial, expect, expect_eq, violated};
use poolproof_harness::{Actor, Fault, MapOptions, Moment, Shutdown};

/// The items that were read from the input so far, in order.
fn pulled(trial: &Trial<'_>) -> Vec<usize> {
    let items = trial.history().events().into_iter().filter(|event| event.actor == Actor::Input);
    items
        .filter_map(|event| match event.moment {
            Moment::Pulled(index) => Some(index),
            _ => None,
        })
        .collect()
}

pub(crate) fn map_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let items = 2 * executor.workers() + 3;
    trial.needs_room(items)?;
    let probes: Vec<_> = trial.probes(items).into_iter().map(|probe| probe.pass(&gate)).collect();
    let labels = labels(&probes);
    let results = executor.map(probes)?;
    let all: Vec<_> = (0..items).collect();
    expect_eq("the items that are read when map returns", &pulled(trial), &all)?;
    gate.open();
    // Nobody has asked for a result yet.
    for &label in &labels {
        trial.await_end(label)?;
    }
    expect_eq("the results of the map", &results.values()?, &values(&labels))
}

pub(crate) fn map_014(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 5)?;
    let executor = trial.executor()?;
    let probes = trial.probes(5);
    let options = one_by_one(trial);
    match executor.try_map(probes, options, Some(2)) {
        Err(Fault::Raised(_) | Fault::Refused(_)) => {}
        Err(fault) => return violated(format!("the error of the input must reach the caller, but: {fault}")),
        Ok(mut results) => loop {
            match results.try_next() {
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_))) | Err(Fault::Raised(_)) => break,
                Ok(None) => return violated("the input failed at its third item, and the map ended as if it had two"),
                Err(fault) => return violated(format!("the error of the input must reach the reader, but: {fault}")),
            }
        },
    }
    let probes = trial.probes(3);
    let labels = labels(&probes);
    expect_eq("the results of the next map", &executor.map(probes)?.values()?, &values(&labels))
}

pub(crate) fn map_015(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    executor.shutdown(Shutdown::WAIT)?;
    let probes = trial.probes(2);
    let labels = labels(&probes);
    match executor.try_map(probes, one_by_one(trial), None) {
        Err(Fault::Refused(_)) => {}
        Err(fault) => return violated(format!("map after shutdown must be refused as such, but: {fault}")),
        Ok(_) => return violated("map after shutdown must be refused, but it was accepted"),
    }
    trial.never_ran(&labels, "the items of a refused map must not run")?;
    // Nothing to submit: both answers are right, but it must not give results.
    match executor.try_map(Vec::new(), one_by_one(trial), None) {
        Ok(results) => expect(results.values()?.is_empty(), "a map over nothing must give no results"),
        Err(_) => Ok(()),
    }
}

pub(crate) fn map_021(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 9)?;
    let executor = trial.executor()?;
    for ahead in [1, 3, 20] {
        let before = pulled(trial).len();
        let probes = trial.probes(9);
        let labels = labels(&probes);
        let options = MapOptions { buffersize: Some(ahead), ..one_by_one(trial) };
        let mut results = executor.map_with(probes, options)?;
        let mut found = Vec::new();
        for asked in 0..=labels.len() {
            let read = pulled(trial).len() - before;
            let message = format!(
                "with buffersize {ahead} at most {} items may be read after {asked} results, but {read} were",
                ahead + asked
            );
            expect(read <= ahead + asked, &message)?;
            if asked < labels.len() {
                found.push(results.next_value()?);
            }
        }
        expect_eq("the results of the map", &found, &values(&labels))?;
        expect_eq("what comes after the last result", &results.values()?, &Vec::new())?;
    }
    Ok(())
}

pub(crate) fn map_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(2);
    let options = MapOptions { buffersize: Some(0), ..MapOptions::default() };
    match executor.try_map(probes, options, None) {
        Err(Fault::Raised(_)) => Ok(()),
        Err(fault) => violated(format!("a buffersize of 0 must be rejected as a wrong argument, but: {fault}")),
        Ok(_) => violated("a buffersize of 0 must be rejected, but the map was accepted"),
    }
}
