//! Decides SHUT: stopping.

use crate::trial::{CheckResult, Trial, expect};
use poolproof_harness::Shutdown;

pub(crate) fn shut_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let parked = trial.probe().pass(&gate);
    let parked = executor.submit(parked)?;
    trial.await_arrivals(&gate, 1)?;
    let queued = trial.probes(3);
    let mut futures = executor.submit_all(queued)?;
    futures.insert(0, parked);
    let shutdown = {
        let executor = executor.clone();
        trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT))
    };
    expect(shutdown.has_returned().is_none(), "a waiting shutdown must not return while a task stands at a gate")?;
    gate.open();
    shutdown.returns()??;
    for future in &futures {
        expect(future.state()?.done, &format!("task {} must be done when shutdown returned", future.label()))?;
        future.returns_own_label()?;
    }
    Ok(())
}
