//! Workers that are replaced after a number of tasks.

use crate::checks::workers::open_recycling;
use crate::trial::{CheckResult, FutureUnderTest, Trial, violated};
use poolproof_harness::{Config, Failure, QueuePolicy, Shutdown, Value};

/// Ends the check where submitting that many tasks at once may be refused.
fn needs_places(trial: &Trial<'_>, tasks: usize) -> CheckResult {
    if matches!(trial.profile().queue, QueuePolicy::Refuses(_)) { trial.needs_room(tasks) } else { Ok(()) }
}

pub(crate) fn proc_018(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 10)?;
    let config = Config { max_tasks_per_worker: Some(2), ..Config::workers(1) };
    let executor = open_recycling(trial, &config)?;
    let probes = trial.probes(10);
    let futures = executor.submit_all(probes)?;
    trial.all_resolve(&futures)?;
    futures.iter().try_for_each(FutureUnderTest::returns_own_label)
}

pub(crate) fn proc_019(trial: &mut Trial<'_>) -> CheckResult {
    needs_places(trial, 6)?;
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
