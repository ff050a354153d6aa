//! Opening, and the start of workers.

use super::stage::outcome;
use crate::observe::Seen;
use crate::trial::{Census, Stop, Trial};
use poolproof_harness::{Config, Fault, OpenError, Shutdown};

pub(in crate::observe) fn zero_workers(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = match trial.try_executor(&Config::workers(0)) {
        Ok(executor) => executor,
        Err(OpenError::Rejected(_)) => return Ok(Seen::word("rejects them")),
        Err(OpenError::Setup(error)) => return Err(Stop::Inconclusive(error.to_string())),
    };
    let future = match executor.try_submit(trial.probe()) {
        Ok(future) => future,
        Err(Fault::Refused(_)) => return Ok(Seen::word("refuses tasks")),
        Err(fault) => return Err(Stop::Inconclusive(fault.to_string())),
    };
    Ok(Seen::word(match outcome(trial, &future)? {
        Some(Ok(_)) => "chooses a number",
        Some(Err(_)) => "fails tasks",
        None => "strands tasks",
    }))
}

pub(in crate::observe) const AT_OPENING: &str = "when it opens";
pub(in crate::observe) const AS_NEEDED: &str = "as tasks come";
pub(in crate::observe) const WITH_EACH_TASK: &str = "with each task";

pub(in crate::observe) fn worker_start(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    const WORKERS: usize = 8;
    // The worker of the first executor may end, or not, while the others are counted.
    const ALL: usize = WORKERS - 1;
    // What is set up once for all executors is there before anything is counted.
    let first = trial.single()?;
    first.submit(trial.probe())?.returns_own_label()?;
    if trial.profile().has(poolproof_harness::Capability::Shutdown) {
        first.shutdown(Shutdown::WAIT)?;
    }
    let now = || {
        let census = Census::whole();
        census.threads.max(census.processes)
    };
    let before = now();
    let executor = trial.executor_with(Config::workers(WORKERS))?;
    let opened = now().saturating_sub(before);
    executor.submit(trial.probe())?.returns_own_label()?;
    let used = now().saturating_sub(before);
    Ok(Seen::word(match (opened, used) {
        (ALL.., _) => AT_OPENING,
        (_, ALL..) => "all with the first task",
        _ => AS_NEEDED,
    }))
}
