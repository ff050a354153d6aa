//! Shutdown of executors whose tasks cross the border of a process.

use super::expect_closed;
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, violated};
use poolproof_harness::{Death, Failure, Fault, Refused, Shutdown, Stubborn, Value};

/// Submits four tasks that cannot be serialised; those that submit itself refuses for that reason
/// have failed as well as they can.
fn submit_stubborn(trial: &mut Trial<'_>, executor: &ExecutorUnderTest) -> Result<Vec<FutureUnderTest>, Stop> {
    let mut futures = Vec::new();
    for _ in 0..4 {
        match executor.try_submit(trial.probe().carry(Value::Unserialisable(Stubborn))) {
            Ok(future) => futures.push(future),
            Err(Fault::Raised(_) | Fault::Refused(Refused::Other(_))) => {}
            Err(fault) => return violated(format!("a task that cannot be serialised must fail as such, but: {fault}")),
        }
    }
    Ok(futures)
}

pub(crate) fn shut_012(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let mut futures = submit_stubborn(trial, &executor)?;
    executor.shutdown(Shutdown::WAIT)?;
    trial.all_resolve(&futures)?;

    let executor = trial.single()?;
    let first = executor.submit(trial.probe())?;
    futures = submit_stubborn(trial, &executor)?;
    let last = executor.submit(trial.probe())?;
    executor.shutdown(Shutdown::WAIT)?;
    trial.all_resolve(&futures)?;
    first.returns_own_label()?;
    last.returns_own_label()
}

pub(crate) fn shut_033(trial: &mut Trial<'_>) -> CheckResult {
    const ROUNDS: usize = 8;
    for _ in 0..trial.times(ROUNDS) {
        let executor = trial.single()?;
        let mut futures = vec![executor.submit(trial.probe())?];
        futures.extend(submit_stubborn(trial, &executor)?);
        futures.push(executor.submit(trial.probe())?);
        executor.shutdown(Shutdown::CANCEL)?;
        trial.all_resolve(&futures)?;
    }
    Ok(())
}

pub(crate) fn shut_014(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate).die(Death::Kill))?;
    trial.await_arrivals(&gate, 1)?;
    let shutdown = {
        let executor = executor.clone();
        trial.aside("shutdown(wait=True) while a worker dies", move || executor.shutdown(Shutdown::WAIT))
    };
    gate.open();
    match &trial.all_resolve(std::slice::from_ref(&future))?[..] {
        [Err(Failure::Broken(_))] => {}
        other => return violated(format!("the task of a dead worker must be lost, but its outcome is {other:?}")),
    }
    shutdown.returns()??;
    expect_closed(trial, &executor)
}
