//! Dropping futures and executors.

use super::behind::NOT_QUEUED;
use super::stage::{Fate, Held, a_while, fate};
use crate::observe::Seen;
use crate::trial::{FutureUnderTest, Stop, Trial};
use poolproof_harness::{Actor, Moment};

pub(in crate::observe) const WAITS: &str = "waits";
pub(in crate::observe) const DETACHES: &str = "detaches";
pub(in crate::observe) const CANCELS: &str = "cancels";
pub(super) const STRANDS: &str = "strands";

pub(in crate::observe) fn future(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let held = Held::start(trial)?;
    let mut queued = held.queue(trial, 3)?;
    if queued.len() < 3 {
        return Err(Stop::Unsupported(format!("needs three queued tasks, and the queue holds {}", queued.len())));
    }
    let dropped = queued.remove(1);
    let label = dropped.label();
    let dropping = trial.aside("dropping a future", move || drop(dropped));
    let returned = dropping.returns_within(a_while(trial)).is_some();
    if returned && trial.has_started(label) {
        return Ok(Seen::word(NOT_QUEUED));
    }
    held.gate.open();
    if !returned {
        dropping.returns()?;
        return Ok(Seen::word(WAITS));
    }
    trial.all_resolve(&queued)?;
    // In which order tasks start is nobody's promise: one that comes last gets its time.
    let ran = trial.history().wait_until(a_while(trial), |events| {
        events.iter().any(|event| event.actor == Actor::Task(label) && event.moment == Moment::Started)
    });
    Ok(Seen::word(if ran { DETACHES } else { CANCELS }))
}

pub(in crate::observe) fn executor(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let held = Held::start(trial)?;
    let queued = held.queue(trial, 2)?;
    let executor = held.executor.clone();
    let dropping = trial.aside("dropping the executor", move || executor.release());
    let returned = dropping.returns_within(a_while(trial));
    held.gate.open();
    let waited = returned.is_none();
    returned.unwrap_or_else(|| dropping.returns()?)?;
    let watched: Vec<FutureUnderTest> = if queued.is_empty() { held.ahead } else { queued };
    Ok(Seen::word(match fate(trial, &watched)? {
        Fate::Stranded => STRANDS,
        Fate::Cancelled => CANCELS,
        Fate::Mixed => "cancels some",
        Fate::Ran if waited => WAITS,
        Fate::Ran => DETACHES,
    }))
}
