//! Decides WORK: workers and their initialiser.

use crate::trial::{CheckResult, Trial};

pub(crate) fn work_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for _ in 0..2 {
        let gate = trial.meeting(executor.workers());
        let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&gate)).collect();
        let futures = executor.submit_all(probes)?;
        trial.await_arrivals(&gate, executor.workers())?;
        for future in futures {
            future.returns_own_label()?;
        }
    }
    Ok(())
}
