//! The model of the contract: what may be observed of a script.

use super::run::{Mapping, Task, because};
use super::script::Ending;
use crate::trial::{CheckResult, violated};
use poolproof_harness::{Actor, Event, Failure, Fault, Moment, Outcome, Refused, Value};
use std::collections::{HashMap, HashSet};

/// What has become of the executor of a script.
#[derive(Clone, Copy, Default)]
pub(super) struct Fate {
    /// Whether it was shut down or dropped; and whether that cancels.
    pub(super) closed: Option<bool>,
    /// Whether a worker may have died, and everything with it.
    pub(super) lost: bool,
    /// Whether it was dropped and takes back what has not started. A pool that is gone need not call that
    /// cancelled: the handle of a discarded task may as well say that it broke.
    pub(super) discards: bool,
    /// Whether a waiting shutdown came last: nothing runs any more.
    pub(super) fenced: bool,
}

impl Fate {
    /// Whether tasks that were accepted may never run.
    pub(super) fn takes_back(self) -> bool {
        self.closed == Some(true) || self.lost
    }
}

/// What `cancel` may answer, given what was observed before. A task that shutdown cancelled says yes.
pub(super) fn cancel_answer(task: &Task, answer: bool, fate: Fate) -> CheckResult {
    match task.cancelled {
        Some(true) if !answer => because(task, "cancel answered yes, and now no"),
        Some(false) if answer => because(task, "cancel answered no, and now yes"),
        None if answer && task.seen_done && fate.closed != Some(true) => {
            because(task, "it was done, and cancel answered yes")
        }
        _ => Ok(()),
    }
}

/// Whether a future may still be reported as not done.
pub(super) fn may_be_pending(task: &Task, call: &str) -> CheckResult {
    if task.seen_done { because(task, &format!("it was done, and {call} says that it is not")) } else { Ok(()) }
}

/// Whether a task may have ended like this.
pub(super) fn outcome(task: &Task, outcome: &Outcome<Value>, fate: Fate) -> CheckResult {
    let was_cancelled = matches!(outcome, Err(Failure::Cancelled));
    if matches!(outcome, Err(Failure::Broken(_))) && (fate.lost || fate.discards || task.ending == Ending::Death) {
        return Ok(());
    }
    match (task.cancelled, was_cancelled) {
        (Some(true), false) => because(task, &format!("cancel answered yes, but it ended with {outcome:?}")),
        (Some(true), true) => Ok(()),
        (_, true) if fate.closed == Some(true) => Ok(()),
        (_, true) => because(task, "nobody cancelled it, but its future says so"),
        (_, false) => own_outcome(task, outcome),
    }
}

fn own_outcome(task: &Task, outcome: &Outcome<Value>) -> CheckResult {
    let own = match (task.expected(), outcome) {
        (Ok(expected), Ok(value)) => *value == expected,
        (Err("error"), Err(Failure::Raised(raised))) => raised.kind == "ProbeError",
        // Languages without panics raise an error instead.
        (Err("panic"), Err(Failure::Panicked(_) | Failure::Raised(_))) => true,
        _ => false,
    };
    if own { Ok(()) } else { because(task, &format!("it must end with its own {:?}, but: {outcome:?}", task.ending)) }
}

/// Whether the results of a map are those of its items, in order, up to a failing one.
pub(super) fn mapping(mut map: Mapping, fate: Fate) -> CheckResult {
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
            Ok(Some(Err(Failure::Cancelled))) if fate.closed == Some(true) => return Ok(()),
            Ok(Some(Err(Failure::Broken(_)))) if fate.lost || fate.discards => return Ok(()),
            // Items that were not submitted before the executor was closed cannot be any more.
            Err(Fault::Refused(_)) if fate.closed.is_some() || fate.lost => return Ok(()),
            // A map with a buffer submits as it is read, and may come to a queue that is full by then.
            Err(Fault::Refused(Refused::Full)) if map.buffered && map.bounded => return Ok(()),
            Ok(None) if map.buffered && (fate.closed.is_some() || fate.lost) => return Ok(()),
            Err(Fault::TimedOut) if map.limited => return Ok(()),
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

/// Each task ran once unless it was cancelled; each callback was called once; what a task submitted ran.
/// One pass over the events, and one over the tasks. `sure` says that a task whose future was dropped
/// has run by now.
pub(super) fn history(
    ended: &[(&Task, Option<Outcome<Value>>)],
    fate: Fate,
    sure: bool,
    events: &[Event],
) -> CheckResult {
    let mut starts: HashMap<Actor, usize> = HashMap::new();
    let mut submitted = HashSet::new();
    for event in events {
        match &event.moment {
            Moment::Started => *starts.entry(event.actor).or_default() += 1,
            Moment::Noted(note) => {
                submitted.extend(note.strip_prefix("submitted ").and_then(|label| label.parse::<u32>().ok()));
            }
            _ => {}
        }
    }
    let started = |actor| starts.get(&actor).copied().unwrap_or(0);
    for (task, outcome) in ended {
        let times = started(Actor::Task(task.label));
        let right = match outcome {
            // What has started is not taken back.
            Some(Err(Failure::Broken(_))) if fate.discards && !fate.lost && task.ending != Ending::Death => times == 0,
            // Whether it started before its worker died, nobody can know.
            Some(Err(Failure::Broken(_))) => times <= 1,
            Some(Err(Failure::Cancelled)) => times == 0,
            Some(_) => times == 1,
            // The script dropped its future.
            None if sure && task.cancelled != Some(true) => times == 1,
            None => times <= 1,
        };
        if !right {
            return because(task, &format!("it ended with {outcome:?}, and started {times} times"));
        }
        for &label in &task.callbacks {
            let times = started(Actor::Callback(label));
            if times != 1 {
                return because(task, &format!("its callback {label} must be called once, but was {times} times"));
            }
        }
        let Some(child) = task.child else { continue };
        let times = started(Actor::Task(child));
        // What was accepted may still be cancelled by a shutdown.
        let at_least = usize::from(submitted.contains(&child) && fate.fenced && !fate.takes_back());
        if times < at_least || times > 1 {
            return because(task, &format!("it submitted task {child}, which started {times} times"));
        }
    }
    Ok(())
}
