//! Maps that nobody reads to the end: time limits and dropped iterators.

use super::{labels, one_by_one, values};
use crate::trial::{
    CheckResult, ExecutorUnderTest, LIMIT, MapUnderTest, SHORT, Stop, Trial, expect_eq, expect_not_early,
    expect_sooner, timed, violated,
};
use poolproof_harness::{DropPolicy, Fault, MapOptions, Shutdown};
use std::time::{Duration, Instant};

fn limited(trial: &Trial<'_>, limit: Duration) -> MapOptions {
    MapOptions { timeout: Some(limit), ..one_by_one(trial) }
}

fn times_out(results: &mut MapUnderTest) -> CheckResult {
    match results.try_next() {
        Err(Fault::TimedOut) => Ok(()),
        other => violated(format!("a result that is not there at the limit must time out, but the map gave {other:?}")),
    }
}

/// An executor that has run a task: workers that take longer to start than a limit are another question.
fn started(trial: &mut Trial<'_>) -> Result<ExecutorUnderTest, Stop> {
    let executor = trial.executor()?;
    executor.submit(trial.probe())?.returns_own_label()?;
    Ok(executor)
}

pub(crate) fn map_006(trial: &mut Trial<'_>) -> CheckResult {
    let executor = started(trial)?;
    let gate = trial.gate();
    let options = limited(trial, SHORT);
    let held = vec![trial.probe().pass(&gate)];
    let (timed_out, took) = timed(|| times_out(&mut executor.map_with(held, options)?));
    timed_out?;
    gate.open();
    expect_not_early("the map", took, SHORT)?;
    expect_sooner(
        LIMIT,
        "the limit of a map must count from the call, and not from the first result that is read",
        |limit| {
            let gate = trial.gate();
            let options = limited(trial, limit);
            let start = Instant::now();
            let mut results = executor.map_with(vec![trial.probe().pass(&gate)], options)?;
            trial.let_pass(start, limit);
            let (timed_out, took) = timed(|| times_out(&mut results));
            gate.open();
            timed_out.map(|()| took)
        },
    )?;
    let (mut tried, mut unread) = (0, 0);
    let mut executors = vec![executor];
    let judged = expect_sooner(
        LIMIT,
        "the limit of a map must count from the call, and not from each result that is read",
        |limit| {
            if unread == executors.len() {
                // Nor is it asked here whether an executor runs anything more once the limit of a map has passed. Those
                // that do not are kept: to let go of them is another question, too.
                executors.push(started(trial)?);
            }
            let executor = &executors[executors.len() - 1];
            tried += 1;
            let gate = trial.gate();
            let options = limited(trial, limit);
            let start = Instant::now();
            let probes = vec![trial.probe(), trial.probe().pass(&gate)];
            let mut results = executor.map_with(probes, options)?;
            if !matches!(results.try_next(), Ok(Some(Ok(_)))) {
                // The first item was not run within the limit, which says nothing of the next one.
                gate.open();
                unread += 1;
                return Ok(limit);
            }
            trial.let_pass(start, limit);
            let (next, took) = timed(|| results.try_next());
            gate.open();
            match next {
                Err(Fault::TimedOut) | Ok(None) => Ok(took),
                other => violated(format!("after its limit the map must time out, but gave {other:?}")),
            }
        },
    );
    match judged {
        // Most attempts must have shown something: one that was too late must not hide what the others saw.
        Err(Stop::Violates(_)) if 2 * unread > tried => {
            let message = format!("in {unread} of {tried} attempts no item was run within the limit of the map");
            Err(Stop::Inconclusive(message))
        }
        judged => judged,
    }
}

pub(crate) fn map_007(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(3);
    let labels = labels(&probes);
    let results = executor.map_with(probes, limited(trial, Duration::ZERO))?;
    executor.shutdown(Shutdown::WAIT)?;
    expect_eq("the results that were there when they were read", &results.values()?, &values(&labels))
}

pub(crate) fn map_008(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_room(1)?;
    let executor = trial.executor()?;
    let gate = trial.gate();
    let probes = (0..3).map(|_| trial.probe().pass(&gate)).collect();
    let mut results = executor.map_with(probes, limited(trial, Duration::ZERO))?;
    times_out(&mut results)?;
    for _ in 0..2 {
        match results.try_next() {
            Ok(None) => {}
            other => return violated(format!("after its limit a map must be at its end, but it gave {other:?}")),
        }
    }
    gate.open();
    Ok(())
}

pub(crate) fn map_009(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let parked = trial.park(&executor, 3)?;
    let probes = trial.probes(3);
    let labels = labels(&probes);
    let mut results = executor.map_with(probes, limited(trial, Duration::ZERO))?;
    times_out(&mut results)?;
    parked.open();
    executor.shutdown(Shutdown::WAIT)?;
    trial.never_ran(&labels, "a map that timed out must cancel every call that has not started")
}

pub(crate) fn map_010(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    trial.needs_fifo()?;
    let gate = trial.gate();
    let ahead = trial.claimed_ahead(1);
    let mut probes = trial.probes(5 + ahead);
    trial.needs_room(probes.len())?;
    probes[1] = trial.probe().pass(&gate);
    let behind = labels(&probes).split_off(2 + ahead);
    let mut results = executor.map_with(probes, one_by_one(trial))?;
    results.next_value()?;
    drop(results);
    gate.open();
    executor.shutdown(Shutdown::WAIT)?;
    trial.never_ran(&behind, "a map that is dropped half-way must cancel what has not started")
}

pub(crate) fn map_011(trial: &mut Trial<'_>) -> CheckResult {
    if matches!(trial.profile().drop_future, DropPolicy::Cancels | DropPolicy::Undeclared) {
        return Err(Stop::Unsupported("the profile does not declare that the task of a dropped future runs".into()));
    }
    let executor = trial.executor()?;
    let parked = trial.park(&executor, 3)?;
    let probes = trial.probes(3);
    let labels = labels(&probes);
    drop(executor.map_with(probes, one_by_one(trial))?);
    parked.open();
    labels.into_iter().try_for_each(|label| trial.await_end(label))
}
