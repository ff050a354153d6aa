//! Tasks that panic, and workers that die.

use super::stage::{a_while, offer, outcome};
use crate::observe::Seen;
use crate::trial::{ExecutorUnderTest, Stop, Trial};
use poolproof_harness::{Death, Failing, Failure, Patience};

pub(in crate::observe) const REACHES: &str = "reaches the waiter";
pub(in crate::observe) const SILENT: &str = "strands the waiter";
pub(in crate::observe) const FATAL: &str = "ends the program";

pub(in crate::observe) fn panic(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().fail(Failing::Panic))?;
    let word = match survived(outcome(trial, &future))? {
        None => return Ok(Seen::word(FATAL)),
        Some(None) => SILENT,
        Some(Some(Err(Failure::Panicked(_) | Failure::Raised(_)))) => REACHES,
        Some(Some(Err(_))) => "breaks the task",
        Some(Some(Ok(_))) => "is swallowed",
    };
    Ok(match all_meet(trial, &executor, a_while(trial)) {
        None => Seen::word(&format!("{word}, then refuses")),
        Some(true) => Seen::word(word),
        Some(false) => Seen::word(&format!("{word}, loses the worker")),
    })
}

/// Whether as many tasks as there are workers can run at once; nothing, if one of them is refused.
fn all_meet(trial: &mut Trial<'_>, executor: &ExecutorUnderTest, patience: Patience) -> Option<bool> {
    let workers = executor.workers();
    let meeting = trial.meeting(workers);
    // They are kept: where dropping a future takes its task back, a task that was let go of would never arrive.
    let mut futures = Vec::new();
    for probe in trial.probes(workers) {
        // One after the other, so that the shortest queue has room for each.
        futures.push(executor.try_submit(probe.pass(&meeting)).ok()?);
    }
    Some(meeting.await_arrivals(workers, patience))
}

pub(in crate::observe) const BROKEN: &str = "breaks the executor";
pub(in crate::observe) const REPLACED: &str = "worker replaced";

pub(in crate::observe) fn worker_loss(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    // However this ends, and also when patience ends first: a worker of it dies, and what is left of it
    // is asked here.
    executor.finish();
    let workers = executor.workers();
    let (doomed, others) = (trial.gate(), trial.gate());
    let victim = executor.submit(trial.probe().pass(&doomed).die(Death::Kill))?;
    trial.await_arrivals(&doomed, 1)?;
    let probes: Vec<_> = trial.probes(workers - 1).into_iter().map(|probe| probe.pass(&others)).collect();
    let mut rest = executor.submit_all(probes)?;
    trial.await_arrivals(&others, workers - 1)?;
    // Who takes no task before a worker is free does not return until then.
    let behind = trial.probes(1);
    rest.extend(offer(trial, &executor, behind)?.accepted);
    doomed.open();
    let Some(victim) = survived(outcome(trial, &victim))? else { return Ok(Seen::word(FATAL)) };
    if victim.is_none() {
        return Ok(Seen::word("strands its task"));
    }
    others.open();
    let mut failed = 0;
    for future in &rest {
        match survived(outcome(trial, future))? {
            None => return Ok(Seen::word(FATAL)),
            Some(None) => return Ok(Seen::word("strands other tasks")),
            Some(Some(outcome)) => failed += usize::from(outcome.is_err()),
        }
    }
    if failed == rest.len() && !rest.is_empty() {
        return Ok(Seen::word(BROKEN));
    }
    Ok(Seen::word(match all_meet(trial, &executor, trial.patience()) {
        None => BROKEN,
        Some(true) => REPLACED,
        Some(false) => "worker lost",
    }))
}

/// `None` if the program that hosts the executor is gone: a driver, or its worker's.
fn survived<T>(result: Result<T, Stop>) -> Result<Option<T>, Stop> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Crashes(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}
