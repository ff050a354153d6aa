//! Chunks: what they must not change.

use super::{labels, needs_places, values};
use crate::trial::{CheckResult, Stop, Trial, expect_eq, violated};
use poolproof_harness::{Capability, Failing, Fault, Kind, MapOptions};

fn chunks_of(size: usize) -> MapOptions {
    MapOptions { chunksize: Some(size), ..MapOptions::default() }
}

pub(crate) fn map_016(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().kind != Kind::Thread || trial.profile().has(Capability::Chunksize) {
        return Err(Stop::Unsupported("is about threads that ignore chunksize".into()));
    }
    let executor = trial.executor()?;
    let meeting = trial.meeting(executor.workers());
    let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&meeting)).collect();
    let labels = labels(&probes);
    // In one chunk they would run one after the other, and never meet.
    let results = executor.map_with(probes, chunks_of(executor.workers()))?;
    trial.await_arrivals(&meeting, executor.workers())?;
    expect_eq("the results of the map", &results.values()?, &values(&labels))
}

pub(crate) fn map_017(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 7)?;
    let executor = trial.executor()?;
    for size in [1, 2, 3, 6, 7, 8, 50] {
        let probes = trial.probes(7);
        let labels = labels(&probes);
        let results = executor.map_with(probes, chunks_of(size))?.values()?;
        expect_eq(&format!("the results of 7 items in chunks of {size}"), &results, &values(&labels))?;
    }
    let nothing = executor.map_with(Vec::new(), chunks_of(3))?.values()?;
    expect_eq("the results of no items in chunks of 3", &nothing, &Vec::new())
}

pub(crate) fn map_018(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for items in [3, 0] {
        let probes = trial.probes(items);
        match executor.try_map(probes, chunks_of(0), None) {
            Err(Fault::Raised(_)) => {}
            Err(fault) => {
                return violated(format!("a chunksize of 0 must be rejected as a wrong argument, but: {fault}"));
            }
            Ok(_) => return violated(format!("a chunksize of 0 must be rejected at the call, even for {items} items")),
        }
    }
    Ok(())
}

pub(crate) fn map_019(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut probes = trial.probes(4);
    probes[2] = trial.probe().fail(Failing::Error);
    let labels = labels(&probes);
    let mut results = executor.map_with(probes, chunks_of(4))?;
    let before = [results.next_value()?, results.next_value()?];
    expect_eq("the results before the failing item of the chunk", &before.to_vec(), &values(&labels[..2]))?;
    match results.try_next() {
        Ok(Some(Err(_))) => Ok(()),
        other => violated(format!("the third item must fail, but the map gave {other:?}")),
    }
}

pub(crate) fn map_031(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 7)?;
    let executor = trial.executor()?;
    for size in [2, 3, 9] {
        let mut probes = trial.probes(7);
        probes[3] = trial.probe().fail(Failing::Error);
        let labels = labels(&probes);
        let mut results = executor.map_with(probes, chunks_of(size))?;
        let mut found = Vec::new();
        loop {
            match results.try_next() {
                Ok(Some(Ok(value))) => found.push(value),
                Ok(Some(Err(_))) => break,
                other => {
                    return violated(format!(
                        "the fourth of 7 items in chunks of {size} fails, but after {} results the map gave {other:?}",
                        found.len()
                    ));
                }
            }
        }
        let all = values(&labels);
        let known = found.len().min(3);
        expect_eq("the results before the failure", &found, &all[..known].to_vec())?;
    }
    Ok(())
}

pub(crate) fn map_020(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(2);
    let labels = labels(&probes);
    // The largest size that every language can express.
    let most = usize::try_from(i64::MAX).unwrap_or(usize::MAX);
    let results = executor.map_with(probes, chunks_of(most))?.values()?;
    expect_eq("the results of two items in one immense chunk", &results, &values(&labels))
}
