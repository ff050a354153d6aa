//! Decides COMP: yielding futures as they complete.

use crate::trial::{
    CheckResult, CompletedUnderTest, LIMIT, SHORT, Trial, expect, expect_eq, expect_not_early, expect_sooner, timed,
    violated,
};
use poolproof_harness::{CancelPolicy, Capability, Failing, Fault};
use std::time::{Duration, Instant};

fn times_out(completed: &mut CompletedUnderTest) -> CheckResult {
    match completed.try_next() {
        Err(Fault::TimedOut) => Ok(()),
        other => violated(format!("with a future outstanding at the limit it must time out, but it gave {other:?}")),
    }
}

fn sorted(mut positions: Vec<usize>) -> Vec<usize> {
    positions.sort_unstable();
    positions
}

pub(crate) fn comp_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(3);
    let futures = executor.submit_all(probes)?;
    let named = [0, 1, 0, 2, 1, 0].map(|position: usize| futures[position].clone());
    for round in ["while they may be pending", "when all are done"] {
        let yielded = executor.as_completed(&named, None)?.rest()?;
        expect_eq(&format!("the futures yielded {round}, by first position"), &sorted(yielded), &vec![0, 1, 3])?;
        futures.iter().try_for_each(|future| future.returns_own_label())?;
    }
    Ok(())
}

pub(crate) fn comp_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(2);
    let done = executor.submit_all(probes)?;
    done.iter().try_for_each(|future| future.returns_own_label())?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    let mut completed = executor.as_completed(&[held, done[0].clone(), done[1].clone()], None)?;
    let first = vec![completed.next_done()?, completed.next_done()?].into_iter().flatten().collect();
    expect_eq("the positions yielded while one future is pending", &sorted(first), &vec![1, 2])?;
    gate.open();
    expect_eq("the positions yielded after that", &completed.rest()?, &vec![0])
}

pub(crate) fn comp_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gates: Vec<_> = (0..executor.workers()).map(|_| trial.gate()).collect();
    let probes: Vec<_> = gates.iter().map(|gate| trial.probe().pass(gate)).collect();
    let futures = executor.submit_all(probes)?;
    let mut completed = executor.as_completed(&futures, None)?;
    for (position, gate) in gates.iter().enumerate().rev() {
        gate.open();
        expect_eq("the position of the future that became done", &completed.next_done()?, &Some(position))?;
    }
    expect_eq("what comes after the last future", &completed.next_done()?, &None)
}

pub(crate) fn comp_031(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let (first_gate, gate) = (trial.gate(), trial.gate());
    trial.needs_queue()?;
    trial.needs_room(7)?;
    let mut futures = vec![executor.submit(trial.probe().pass(&first_gate))?];
    // A worker that starts late could begin with a later task.
    trial.await_arrivals(&first_gate, 1)?;
    futures.push(executor.submit(trial.probe().pass(&gate))?);
    let probes = trial.probes(5);
    futures.extend(executor.submit_all(probes)?);
    let mut named = futures.clone();
    trial.rng().shuffle(&mut named);
    let mut completed = executor.as_completed(&named, None)?;
    let label = |position: usize| named[position].label();
    first_gate.open();
    let mut yielded = vec![completed.next_done()?.map(label)];
    gate.open();
    // The only worker completes them one after the other while nobody asks.
    for future in &futures {
        future.returns_own_label()?;
    }
    for position in completed.rest()? {
        yielded.push(Some(label(position)));
    }
    let ended: Vec<_> = trial.history().finished().into_iter().map(Some).collect();
    expect_eq("the order in which futures are yielded", &yielded, &ended)
}

pub(crate) fn comp_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for limit in [None, Some(Duration::ZERO), Some(SHORT)] {
        let yielded = executor.as_completed(&[], limit)?.rest()?;
        expect(yielded.is_empty(), &format!("of no futures nothing can be yielded, but {yielded:?} was"))?;
    }
    Ok(())
}

pub(crate) fn comp_005(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let done = executor.submit(trial.probe())?;
    done.returns_own_label()?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    for limit in [Duration::ZERO, SHORT] {
        let start = Instant::now();
        let mut completed = executor.as_completed(&[held.clone(), done.clone()], Some(limit))?;
        expect_eq("the position yielded first", &completed.next_done()?, &Some(1))?;
        times_out(&mut completed)?;
        expect_not_early("as_completed", start.elapsed(), limit)?;
        expect_eq("what comes after the time-out", &completed.next_done()?, &None)?;
    }
    gate.open();
    held.returns_own_label()
}

pub(crate) fn comp_006(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut probes = trial.probes(3);
    probes[1] = trial.probe().fail(Failing::Error);
    let futures = executor.submit_all(probes)?;
    for future in &futures {
        let _ = future.outcome()?;
    }
    let yielded = executor.as_completed(&futures, Some(Duration::ZERO))?.rest()?;
    expect_eq("the futures yielded with a limit of zero, all being done", &sorted(yielded), &vec![0, 1, 2])
}

pub(crate) fn comp_007(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    expect_sooner(
        LIMIT,
        "the limit of as_completed must count from the call, not from the first result asked for",
        |limit| {
            let gate = trial.gate();
            let held = executor.submit(trial.probe().pass(&gate))?;
            let start = Instant::now();
            let mut completed = executor.as_completed(&[held], Some(limit))?;
            trial.let_pass(start, limit);
            let (timed_out, took) = timed(|| times_out(&mut completed));
            gate.open();
            timed_out.map(|()| took)
        },
    )
}

pub(crate) fn comp_008(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let done = executor.submit(trial.probe())?;
    done.returns_own_label()?;
    let gate = trial.gate();
    let held = executor.submit(trial.probe().pass(&gate))?;
    let start = Instant::now();
    let mut completed = executor.as_completed(&[done, held.clone()], Some(SHORT))?;
    expect_eq("the position yielded first", &completed.next_done()?, &Some(0))?;
    trial.let_pass(start, SHORT);
    gate.open();
    held.returns_own_label()?;
    // When the only worker runs another task, it has told everybody about the one before.
    executor.submit(trial.probe())?.returns_own_label()?;
    match completed.try_next() {
        Ok(Some(1)) => Ok(()),
        other => violated(format!("a future that is done must be yielded after the limit too, but it gave {other:?}")),
    }
}

pub(crate) fn comp_011(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let done = executor.submit(trial.probe())?;
    done.returns_own_label()?;
    let held = executor.submit(trial.probe().pass(&gate))?;
    let futures = [done, held];
    let mut iterators = Vec::new();
    for _ in 0..3 {
        let mut completed = executor.as_completed(&futures, None)?;
        expect_eq("the position yielded first", &completed.next_done()?, &Some(0))?;
        iterators.push(completed);
    }
    // One is given up half-way; the others must not notice.
    drop(iterators.remove(1));
    gate.open();
    for completed in iterators {
        expect_eq("the rest of each iterator", &completed.rest()?, &vec![1])?;
    }
    Ok(())
}

pub(crate) fn comp_012(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let parked = trial.park(&executor, 3)?;
    let probes = trial.probes(3);
    let futures = executor.submit_all(probes)?;
    expect(futures[1].cancel()?, "a queued task must be cancelled")?;
    let mut completed = executor.as_completed(&futures, None)?;
    let mut yielded = Vec::new();
    if trial.profile().cancel == CancelPolicy::Eager {
        let first = completed.next_done()?;
        expect_eq("the position yielded while every worker is held", &first, &Some(1))?;
        yielded.extend(first);
    }
    parked.open();
    yielded.extend(completed.rest()?);
    expect_eq("the futures yielded", &sorted(yielded), &vec![0, 1, 2])
}

pub(crate) fn comp_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut futures = vec![executor.submit(trial.probe())?, executor.submit(trial.probe().fail(Failing::Error))?];
    if trial.profile().has(Capability::Panic) {
        futures.push(executor.submit(trial.probe().fail(Failing::Panic))?);
    }
    let yielded = executor.as_completed(&futures, None)?.rest()?;
    let all: Vec<_> = (0..futures.len()).collect();
    expect_eq("the futures yielded, all but the first one failed", &sorted(yielded), &all)
}
