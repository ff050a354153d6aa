//! Workers that are replaced after a number of tasks.

use crate::checks::workers::open_recycling;
use crate::trial::{CheckResult, FutureUnderTest, Trial, violated};
use poolproof_harness::{Config, Failure, Shutdown, Value};

pub(crate) fn proc_018(trial: &mut Trial<'_>) -> CheckResult {
    let config = Config { max_tasks_per_worker: Some(2), ..Config::workers(1) };
    let executor = open_recycling(trial, &config)?;
    let probes = trial.probes(10);
    let futures = executor.submit_all(probes)?;
    trial.all_resolve(&futures)?;
    futures.iter().try_for_each(FutureUnderTest::returns_own_label)
}

pub(crate) fn proc_019(trial: &mut Trial<'_>) -> CheckResult {
    for dropped in [false, true] {
        let config = Config { max_tasks_per_worker: Some(1), ..Config::workers(2) };
        let executor = open_recycling(trial, &config)?;
        let probes = trial.probes(6);
        let futures = executor.submit_all(probes)?;
        if dropped {
            executor.release()?;
        } else {
            executor.shutdown(Shutdown::NO_WAIT)?;
        }
        for (future, outcome) in futures.iter().zip(trial.all_resolve(&futures)?) {
            match outcome {
                Ok(Value::Int(label)) if label == i64::from(future.label()) => {}
                Err(Failure::Broken(_) | Failure::Cancelled) => {}
                other => return violated(format!("task {} must run or be lost, but: {other:?}", future.label())),
            }
        }
    }
    Ok(())
}
