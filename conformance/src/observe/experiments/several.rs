//! Maps, and several futures at once.

use super::stage::a_while;
use crate::observe::Seen;
use crate::trial::{ExecutorUnderTest, FutureUnderTest, MapUnderTest, ProbeBuilder, Stop, Trial};
use poolproof_harness::{Actor, Capability, Failing, Fault, MapOptions, Moment};
use std::time::Instant;

/// A map of these probes; nothing where the queue is too short for it.
fn map(trial: &Trial<'_>, executor: &ExecutorUnderTest, probes: Vec<ProbeBuilder>) -> Result<MapUnderTest, Stop> {
    executor.try_map(probes, one_by_one(trial), None).map_err(|fault| match fault {
        Fault::Refused(refused) => Stop::Unsupported(format!("needs room for every item of a map ({refused})")),
        Fault::Unsupported => Stop::Overclaims("map is declared, and answers that it is not offered".to_owned()),
        fault => Stop::Inconclusive(fault.to_string()),
    })
}

/// One item is one task, where that is for the caller to say.
fn one_by_one(trial: &Trial<'_>) -> MapOptions {
    let chunksize = trial.profile().has(Capability::Chunksize).then_some(1);
    MapOptions { chunksize, ..MapOptions::default() }
}

fn pulled(trial: &Trial<'_>) -> usize {
    trial.history().count(|event| matches!(event.moment, Moment::Pulled(_)))
}

pub(in crate::observe) fn map_reads(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    const ITEMS: usize = 8;
    let executor = trial.executor()?;
    let probes = trial.probes(ITEMS);
    let results = map(trial, &executor, probes)?;
    let taken = pulled(trial);
    results.values()?;
    Ok(match taken {
        ITEMS => Seen::word("all at the call"),
        0 => Seen::word("as results are read"),
        some => Seen::number("at the call", some),
    })
}

pub(in crate::observe) fn map_failure(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    let mut probes = trial.probes(4);
    probes[1] = trial.probe().fail(Failing::Error);
    let mut results = map(trial, &executor, probes)?;
    let mut found = Vec::new();
    while found.len() < 5 {
        match results.try_next() {
            Ok(None) => break,
            Ok(Some(outcome)) => found.push(outcome.is_ok()),
            Err(fault) => return Err(Stop::Inconclusive(fault.to_string())),
        }
    }
    Ok(Seen::word(match found[..] {
        [true, false] => "ends",
        [true, false, true, true] => "goes on",
        _ => "something else",
    }))
}

pub(in crate::observe) fn map_dropped(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.single()?;
    let gate = trial.gate();
    let ahead = 1 + trial.claimed_ahead(1);
    let mut probes = trial.probes(4 + ahead);
    probes[1] = trial.probe().pass(&gate);
    let last: Vec<_> = probes.iter().map(ProbeBuilder::label).skip(2 + ahead).collect();
    let mut results = map(trial, &executor, probes)?;
    let reading = trial.aside("the first result of a map", move || results.next_value().map(|_| results));
    let Some(results) = reading.returns_within(trial.patience()) else {
        return Err(Stop::Unsupported("needs a worker that comes to the first item first".to_owned()));
    };
    let results = results?;
    trial.await_arrivals(&gate, 1)?;
    let dropping = trial.aside("dropping the iterator of a map", move || drop(results));
    let waited = dropping.returns_within(a_while(trial)).is_none();
    gate.open();
    let ran = trial.history().wait_until(a_while(trial), |events| {
        last.iter().all(|&label| {
            events.iter().any(|event| event.actor == Actor::Task(label) && event.moment == Moment::Started)
        })
    });
    Ok(Seen::word(match (ran, waited) {
        (true, false) => "run",
        (true, true) => "run, and are waited for",
        (false, _) => "cancelled",
    }))
}

pub(in crate::observe) fn completed_limit(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let limit = a_while(trial).nominal();
    let executor = trial.executor()?;
    let gate = trial.gate();
    let future: FutureUnderTest = executor.submit(trial.probe().pass(&gate))?;
    let start = Instant::now();
    let mut completed = executor.as_completed(std::slice::from_ref(&future), Some(limit))?;
    trial.let_pass(start, limit);
    let asked = Instant::now();
    match completed.try_next() {
        Err(Fault::TimedOut) => {}
        other => return Err(Stop::Violates(format!("the limit must pass, but the iterator gave {other:?}"))),
    }
    // One that counts from the first step takes the whole limit again.
    Ok(Seen::word(if asked.elapsed() >= limit { "the first step" } else { "the call" }))
}
