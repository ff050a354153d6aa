//! When workers start, are used again, and are replaced.

use super::{is_task, worker_of};
use crate::trial::{Census, CheckResult, Stop, Trial, expect, violated};
use poolproof_harness::{Capability, Config, Fault, Moment, OpenError, Patience, Shutdown, WorkerStart};
use std::collections::BTreeMap;
use std::time::Instant;

/// Ends the check for executors whose number of workers means nothing.
fn needs_limit(trial: &Trial<'_>) -> CheckResult {
    if trial.profile().is_limited() {
        return Ok(());
    }
    Err(Stop::Unsupported("the profile declares that the number of workers limits nothing".into()))
}

pub(crate) fn work_003(trial: &mut Trial<'_>) -> CheckResult {
    needs_limit(trial)?;
    match trial.try_executor(&Config::workers(0)) {
        Err(OpenError::Rejected(_)) => Ok(()),
        Err(OpenError::Setup(error)) => Err(Stop::Crashes(format!("the subject cannot be set up: {error}"))),
        Ok(executor) => {
            executor.finish();
            // It may have chosen a number of its own; then it must work. One that refuses every
            // task strands none.
            let future = match executor.try_submit(trial.probe()) {
                Ok(future) => future,
                Err(Fault::Refused(_)) => return Ok(()),
                Err(fault) => return violated(format!("zero workers were accepted, and then submit failed: {fault}")),
            };
            trial.all_resolve(std::slice::from_ref(&future)).map_err(|_| {
                Stop::Violates("zero workers were accepted, and then a task that nobody ever runs".into())
            })?;
            future.returns_own_label()
        }
    }
}

pub(crate) fn work_032(trial: &mut Trial<'_>) -> CheckResult {
    needs_limit(trial)?;
    match trial.try_executor(&Config::workers(0)) {
        Err(OpenError::Rejected(_)) => Ok(()),
        Err(OpenError::Setup(error)) => Err(Stop::Crashes(format!("the subject cannot be set up: {error}"))),
        Ok(executor) => {
            executor.finish();
            violated("zero workers must be rejected, but the executor opened")
        }
    }
}

pub(crate) fn work_005(trial: &mut Trial<'_>) -> CheckResult {
    const WORKERS: usize = 8;
    if trial.profile().worker_start == WorkerStart::AtOpening {
        return Err(Stop::Unsupported("declares that all workers start when it opens".to_owned()));
    }
    // Whatever is set up once for the subject is there before it is counted.
    let first = trial.single()?;
    let _ = first.submit(trial.probe())?.outcome()?;
    first.shutdown(Shutdown::WAIT)?;
    let before = Census::whole().threads;
    let executor = trial.executor_with(Config::workers(WORKERS))?;
    let started = Census::whole().threads.saturating_sub(before);
    executor.submit(trial.probe())?.returns_own_label()?;
    let message = format!("no task was submitted, so no worker is needed, but {started} threads were started");
    expect(started < WORKERS, &message)
}

pub(crate) fn work_006(trial: &mut Trial<'_>) -> CheckResult {
    const WORKERS: usize = 4;
    const ATTEMPTS: u32 = 5;
    match trial.profile().worker_start {
        WorkerStart::WithEachTask => {
            return Err(Stop::Unsupported("declares that each task starts a worker until all are there".to_owned()));
        }
        // What such workers set up with their first task is no further worker.
        WorkerStart::AtOpening => {
            return Err(Stop::Unsupported("declares that all workers start when it opens".to_owned()));
        }
        WorkerStart::AsNeeded | WorkerStart::Undeclared => {}
    }
    let mut started = 0;
    for attempt in 0..ATTEMPTS {
        // A result may arrive a moment before its worker is idle. That is not held against it: from the
        // second attempt on the worker has ever more time for it.
        let pause = Patience::TICK * attempt;
        let executor = trial.executor_with(Config::workers(WORKERS))?;
        let _ = executor.submit(trial.probe())?.outcome()?;
        trial.let_pass(Instant::now(), pause);
        let before = Census::whole().threads;
        for _ in 0..2 * WORKERS {
            executor.submit(trial.probe())?.returns_own_label()?;
            trial.let_pass(Instant::now(), pause);
        }
        started = Census::whole().threads.saturating_sub(before);
        executor.shutdown(Shutdown::WAIT)?;
        if started == 0 {
            break;
        }
    }
    expect(started == 0, &format!("one task at a time needs one worker, but {started} threads more were started"))?;
    if trial.profile().worker_start == WorkerStart::AsNeeded {
        first_task_starts_one_worker(trial, WORKERS, ATTEMPTS)?;
    }
    Ok(())
}

/// Checks that the first task of an executor for several workers starts no more than that of an
/// executor for one, which shows what else it starts.
fn first_task_starts_one_worker(trial: &mut Trial<'_>, workers: usize, attempts: u32) -> CheckResult {
    let mut started_by_first = |workers| -> Result<usize, Stop> {
        let executor = trial.executor_with(Config::workers(workers))?;
        let before = Census::whole().threads;
        let _ = executor.submit(trial.probe())?.outcome()?;
        let started = Census::whole().threads.saturating_sub(before);
        executor.shutdown(Shutdown::WAIT)?;
        Ok(started)
    };
    let mut more = 0;
    for _ in 0..attempts {
        let one = started_by_first(1)?;
        more = started_by_first(workers)?.saturating_sub(one);
        // Threads of an executor before may still be ending while these are counted.
        if more < workers - 1 {
            return Ok(());
        }
    }
    let message =
        format!("the first task needs one worker, but with {workers} of them {more} threads more were started");
    violated(message)
}

pub(crate) fn work_031(trial: &mut Trial<'_>) -> CheckResult {
    const QUOTA: usize = 2;
    const TASKS: usize = 7;
    let config = Config { max_tasks_per_worker: Some(QUOTA), ..Config::workers(1) };
    let executor = open_recycling(trial, &config)?;
    for _ in 0..TASKS {
        executor.submit(trial.probe())?.returns_own_label()?;
    }
    if !trial.profile().has(Capability::Isolation) {
        // Threads have no quota to speak of; that the tasks are done is all that can be asked.
        return Ok(());
    }
    let mut ran: BTreeMap<_, usize> = BTreeMap::new();
    for event in trial.history().events().iter().filter(|event| is_task(event) && event.moment == Moment::Started) {
        *ran.entry(worker_of(trial, event)).or_default() += 1;
    }
    let most = ran.into_values().max().unwrap_or(0);
    expect(most <= QUOTA, &format!("with a quota of {QUOTA} no worker may run more tasks, but one ran {most}"))
}

/// Opens an executor that replaces its workers, or ends the check where that is not offered.
pub(crate) fn open_recycling(trial: &mut Trial<'_>, config: &Config) -> Result<crate::trial::ExecutorUnderTest, Stop> {
    trial
        .try_executor(config)
        .map_err(|error| Stop::Unsupported(format!("needs workers that are replaced after a number of tasks: {error}")))
}
