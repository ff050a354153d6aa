//! The workers and the line before them.

use super::stage::{End, a_while, offer};
use crate::observe::Seen;
use crate::trial::{Stop, Trial};
use poolproof_harness::{Actor, Event, Moment, QueuePolicy};

pub(in crate::observe) const LIMITS: &str = "limits";
pub(in crate::observe) const NO_LIMIT: &str = "no limit";
pub(in crate::observe) const INLINE: &str = "runs in submit";

pub(in crate::observe) fn worker_limit(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    if trial.is_inline() {
        return Ok(Seen::word(INLINE));
    }
    let executor = trial.executor()?;
    let workers = executor.workers();
    let gate = trial.gate();
    let probes = trial.probes(workers + 2).into_iter().map(|probe| probe.pass(&gate)).collect();
    let offered = offer(trial, &executor, probes)?;
    trial.await_arrivals(&gate, workers)?;
    if offered.accepted.len() == workers {
        return Ok(Seen::word(LIMITS));
    }
    Ok(Seen::word(if gate.await_arrivals(workers + 1, a_while(trial)) { NO_LIMIT } else { LIMITS }))
}

pub(in crate::observe) const UNBOUNDED: &str = "unbounded";
pub(in crate::observe) const BLOCKS: &str = "blocks at";
pub(in crate::observe) const REFUSES: &str = "refuses at";

/// So many pending tasks count as no bound at all, unless more are declared.
const MANY: usize = 256;

pub(in crate::observe) fn queue(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let declared = match trial.profile().queue {
        QueuePolicy::Blocks(places) | QueuePolicy::Refuses(places) => places,
        QueuePolicy::Unbounded | QueuePolicy::Undeclared => 0,
    };
    let executor = trial.single()?;
    let gate = trial.gate();
    let _kept = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let probes = trial.probes(MANY.max(declared + 1));
    let offered = offer(trial, &executor, probes)?;
    let places = offered.accepted.len();
    gate.open();
    if trial.profile().queue != QueuePolicy::Undeclared {
        // A check of what is declared goes on with this executor, and finds its queue empty, if it is one that
        // empties. After an experiment nobody does, and a process for each of so many tasks takes half a minute.
        let _ = offered.accepted.iter().try_for_each(|future| future.await_done(trial.patience()).map(drop));
    }
    Ok(match offered.end {
        End::Accepts => Seen::word(UNBOUNDED),
        End::Blocks => Seen::number(BLOCKS, places),
        End::Refuses => Seen::number(REFUSES, places),
    })
}

pub(in crate::observe) const DEADLOCKS: &str = "deadlocks";
pub(in crate::observe) const PROGRESSES: &str = "progresses";
pub(in crate::observe) const UNREACHABLE: &str = "unreachable";

pub(in crate::observe) fn nested(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.single()?;
    let child = trial.probe();
    let label = child.label();
    let parent = trial.probe().submit_and_wait(&executor, child);
    let answer = format!("child {label}: ");
    let noted = move |event: &Event| match &event.moment {
        Moment::Noted(text) if matches!(event.actor, Actor::Task(_)) => Some(text.clone()),
        _ => None,
    };
    // Where tasks run inside submit it is submit that never returns.
    let submitting = trial.aside("submit", move || executor.try_submit(parent));
    if !trial.history().wait_until(trial.patience(), |events| events.iter().any(|event| noted(event).is_some())) {
        return Ok(Seen::word(DEADLOCKS));
    }
    let _future = submitting.returns()?.map_err(|fault| Stop::Inconclusive(fault.to_string()))?;
    let note = trial.history().events().iter().find_map(noted).unwrap_or_default();
    Ok(match note.strip_prefix(&answer) {
        Some(value) if value.starts_with("Int(") => Seen::word(PROGRESSES),
        Some(other) => Seen::word(&format!("fails ({other})")),
        None => Seen::word(UNREACHABLE),
    })
}
