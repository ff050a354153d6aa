//! Shutdown, and what comes after it.

use super::dropping::{STRANDS, WAITS};
use super::stage::{Fate, Held, a_while, fate, outcome};
use crate::observe::Seen;
use crate::trial::{Stop, Trial};
use poolproof_harness::{Fault, Refused, Shutdown};

pub(in crate::observe) fn without_waiting(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let held = Held::start(trial)?;
    let queued = held.queue(trial, 2)?;
    let executor = held.executor.clone();
    let shutdown = trial.aside("shutdown(wait=False)", move || executor.shutdown(Shutdown::NO_WAIT));
    let returned = shutdown.returns_within(a_while(trial));
    held.gate.open();
    let Some(returned) = returned else {
        shutdown.returns()??;
        return Ok(Seen::word(WAITS));
    };
    returned?;
    Ok(Seen::word(match fate(trial, &queued)? {
        Fate::Ran => "run",
        Fate::Cancelled => "cancelled",
        Fate::Mixed => "some cancelled",
        Fate::Stranded => STRANDS,
    }))
}

pub(in crate::observe) const BLOCKS: &str = "blocks";

pub(in crate::observe) fn submit_after(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    executor.shutdown(Shutdown::WAIT)?;
    let probe = trial.probe();
    let submitting = trial.aside("submit after shutdown", move || executor.try_submit(probe));
    let future = match submitting.returns_within(trial.patience()) {
        None => return Ok(Seen::word(BLOCKS)),
        Some(Err(Fault::Refused(Refused::Shutdown))) => return Ok(Seen::word("refuses")),
        Some(Err(Fault::Refused(_))) => return Ok(Seen::word("refuses, for another reason")),
        Some(Err(Fault::Raised(_))) => return Ok(Seen::word("panics")),
        Some(Err(fault)) => return Err(Stop::Inconclusive(fault.to_string())),
        Some(Ok(future)) => future,
    };
    Ok(Seen::word(match outcome(trial, &future)? {
        Some(Ok(_)) => "runs it",
        Some(Err(_)) => "fails it",
        None => STRANDS,
    }))
}
