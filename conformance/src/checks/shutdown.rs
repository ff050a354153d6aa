//! Decides SHUT: stopping.

use crate::trial::{CheckResult, Trial, expect};
use poolproof_harness::{Patience, Shutdown};

pub(crate) fn shut_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let parked = trial.probe().pass(&gate);
    let parked = executor.submit(parked)?;
    trial.await_arrivals(&gate, 1)?;
    let last = trial.gate();
    let mut queued = trial.probes(3);
    queued.push(trial.probe().pass(&last));
    let mut futures = executor.submit_all(queued)?;
    futures.insert(0, parked);
    let shutdown = {
        let executor = executor.clone();
        trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT))
    };
    shutdown.stays("a waiting shutdown must not return while a task runs and others wait", Patience::ticks(1))?;
    gate.open();
    trial.await_arrivals(&last, 1)?;
    shutdown.stays("a waiting shutdown must not return while the last task runs", Patience::ticks(1))?;
    last.open();
    shutdown.returns()??;
    for future in &futures {
        expect(future.state()?.done, &format!("task {} must be done when shutdown returned", future.label()))?;
        future.returns_own_label()?;
    }
    Ok(())
}
