//! The model of the contract: what may be observed of a script.

use super::run::{Mapping, Task, because};
use crate::trial::{CheckResult, violated};
use poolproof_harness::{Actor, Failure, Fault, History, Moment, Outcome, Value};
use std::collections::HashMap;

/// What `cancel` may answer, given what was observed before. A task that shutdown cancelled says yes.
pub(super) fn cancel_answer(task: &Task, answer: bool, closed: Option<bool>) -> CheckResult {
    match task.cancelled {
        Some(true) if !answer => because(task, "cancel answered yes, and now no"),
        Some(false) if answer => because(task, "cancel answered no, and now yes"),
        None if answer && task.seen_done && closed != Some(true) => {
            because(task, "it was done, and cancel answered yes")
        }
        _ => Ok(()),
    }
}

/// Whether a future may still be reported as not done.
pub(super) fn may_be_pending(task: &Task, call: &str) -> CheckResult {
    if task.seen_done { because(task, &format!("it was done, and {call} says that it is not")) } else { Ok(()) }
}

/// Whether a task may have ended like this. `closed` tells whether shutdown was called, and
/// whether it cancelled.
pub(super) fn outcome(task: &Task, outcome: &Outcome<Value>, closed: Option<bool>) -> CheckResult {
    let was_cancelled = matches!(outcome, Err(Failure::Cancelled));
    match (task.cancelled, was_cancelled) {
        (Some(true), false) => because(task, &format!("cancel answered yes, but it ended with {outcome:?}")),
        (Some(true), true) => Ok(()),
        (_, true) if closed == Some(true) => Ok(()),
        (_, true) => because(task, "nobody cancelled it, but its future says so"),
        (_, false) => own_outcome(task, outcome),
    }
}

fn own_outcome(task: &Task, outcome: &Outcome<Value>) -> CheckResult {
    let own = match (task.expected(), outcome) {
        (Ok(expected), Ok(value)) => *value == expected,
        (Err("error"), Err(Failure::Raised(raised))) => raised.kind == "ProbeError",
        // Languages without panics raise an error instead.
        (Err(_), Err(Failure::Panicked(_) | Failure::Raised(_))) => true,
        _ => false,
    };
    if own { Ok(()) } else { because(task, &format!("it must end with its own {:?}, but: {outcome:?}", task.ending)) }
}

/// Whether the results of a map are those of its items, in order, up to a failing one.
pub(super) fn mapping(mut map: Mapping, closed: Option<bool>) -> CheckResult {
    // The chunk that holds the failing item may be lost as a whole.
    let lost_from = map.failing.map(|item| item / map.chunksize * map.chunksize);
    for (position, &label) in map.labels.iter().enumerate() {
        match map.results.try_next() {
            Ok(Some(Ok(value))) if value == Value::Int(i64::from(label)) => {}
            Ok(Some(Ok(value))) => {
                return violated(format!("item {position} of a map must give {label}, but gave {value:?}"));
            }
            Ok(Some(Err(Failure::Raised(raised)))) if raised.kind == "ProbeError" => {
                let legitimate = lost_from.is_some_and(|from| position >= from) && Some(position) <= map.failing;
                return if legitimate {
                    Ok(())
                } else {
                    violated(format!("item {position} of a map failed, but item {:?} is the failing one", map.failing))
                };
            }
            // A shutdown that cancels also cancels items that have not started.
            Ok(Some(Err(Failure::Cancelled))) if closed == Some(true) => return Ok(()),
            other => return violated(format!("item {position} of a map must give {label}, but: {other:?}")),
        }
    }
    match map.results.try_next() {
        Ok(None) if map.failing.is_none() => Ok(()),
        Ok(None) => violated(format!("item {:?} of a map must fail, but all succeeded", map.failing)),
        Err(Fault::TimedOut) => violated("a map without a limit timed out"),
        other => violated(format!("a map gave more results than it has items: {other:?}")),
    }
}

/// Each task ran once unless it was cancelled; each callback was called once.
pub(super) fn history(tasks: &[Task], outcomes: &[Outcome<Value>], history: &History) -> CheckResult {
    let mut starts: HashMap<Actor, usize> = HashMap::new();
    for event in history.events() {
        if event.moment == Moment::Started {
            *starts.entry(event.actor).or_default() += 1;
        }
    }
    let started = |actor| starts.get(&actor).copied().unwrap_or(0);
    for (task, outcome) in tasks.iter().zip(outcomes) {
        let expected = usize::from(!matches!(outcome, Err(Failure::Cancelled)));
        let times = started(Actor::Task(task.future.label()));
        if times != expected {
            return because(task, &format!("it must start {expected} times, but started {times} times: {outcome:?}"));
        }
        for &label in &task.callbacks {
            let times = started(Actor::Callback(label));
            if times != 1 {
                return because(task, &format!("its callback {label} must be called once, but was {times} times"));
            }
        }
    }
    Ok(())
}
