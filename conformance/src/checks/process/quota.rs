//! Workers that are replaced after a number of tasks.

use crate::checks::workers::open_recycling;
use crate::trial::{CheckResult, Trial, violated};
use poolproof_harness::{Config, DropPolicy, Failure, QueuePolicy, Shutdown, Value};

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
    futures.iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn proc_019(trial: &mut Trial<'_>) -> CheckResult {
    for dropped in [false, true] {
        let config = Config { max_tasks_per_worker: Some(1), ..Config::workers(2) };
        let executor = open_recycling(trial, &config)?;
        // Every worker stands at a gate until the executor is closed: whatever is behind it needs a
        // worker that does not exist yet.
        let behind = 2 + trial.claimed_ahead(executor.workers());
        let parked = trial.park(&executor, behind)?;
        let probes = trial.probes(behind);
        let mut futures = executor.submit_all(probes)?;
        let closing = if dropped {
            let waits = trial.profile().drop_executor != DropPolicy::Detaches;
            let closing = trial.aside("dropping the executor", move || executor.release());
            (closing, waits)
        } else {
            (trial.aside("shutdown(wait=False)", move || executor.shutdown(Shutdown::NO_WAIT)), false)
        };
        match closing {
            // It may wait for what stands at the gate.
            (closing, true) => {
                parked.open();
                closing.returns()??;
            }
            (closing, false) => {
                closing.returns()??;
                parked.open();
            }
        }
        futures.extend_from_slice(parked.futures());
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
