//! What the history says of tasks and callbacks, and when it is complete.

use crate::trial::{Aside, CheckResult, ExecutorUnderTest, Stop, Trial, expect_eq, violated};
use poolproof_harness::{Actor, Capability, Event, Fault, Moment, Patience, Refused, Shutdown, StartOrder};

/// Waits until nothing that was submitted to `executor` can start any more: by a waiting shutdown,
/// or, where there is none, by a last task of its only worker.
pub(crate) fn let_everything_end(trial: &mut Trial<'_>, executor: &ExecutorUnderTest) -> CheckResult {
    if trial.profile().has(Capability::Shutdown) {
        let executor = executor.clone();
        return trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT)).returns()?;
    }
    if executor.workers() == 1 && trial.profile().start_order == StartOrder::Fifo {
        return match executor.try_submit(trial.probe()) {
            // Nothing starts any more in an executor that is broken.
            Err(Fault::Refused(Refused::Broken(_))) => Ok(()),
            Ok(last) => last.returns_own_label(),
            Err(fault) => violated(format!("a last task must be accepted, but: {fault}")),
        };
    }
    Err(Stop::Unsupported("without shutdown nobody knows when everything has ended".to_owned()))
}

/// How often the body of the task with this label started.
pub(crate) fn starts(trial: &Trial<'_>, label: u32) -> usize {
    count(trial, Actor::Task(label), &Moment::Started)
}

/// How often the callback with this label was called.
pub(crate) fn calls(trial: &Trial<'_>, label: u32) -> usize {
    count(trial, Actor::Callback(label), &Moment::Started)
}

fn count(trial: &Trial<'_>, actor: Actor, moment: &Moment) -> usize {
    trial.history().count(|event| event.actor == actor && event.moment == *moment)
}

/// Checks that the task ran exactly `times` times.
#[track_caller]
pub(crate) fn expect_starts(trial: &Trial<'_>, label: u32, times: usize) -> CheckResult {
    expect_eq(&format!("how often task {label} ran"), &starts(trial, label), &times)
}

/// Checks that the callback is called exactly `times` times. Whoever calls back may do it in a thread of its
/// own, a little after everything else.
#[track_caller]
pub(crate) fn expect_calls(trial: &Trial<'_>, label: u32, times: usize) -> CheckResult {
    trial.await_events(&format!("call {times} of callback {label}"), |events| {
        let called = |event: &&Event| event.actor == Actor::Callback(label) && event.moment == Moment::Started;
        events.iter().filter(called).count() >= times
    })?;
    expect_eq(&format!("how often callback {label} was called"), &calls(trial, label), &times)
}

/// Waits until the body of a task ended.
#[track_caller]
pub(crate) fn await_end(trial: &Trial<'_>, label: u32) -> CheckResult {
    trial.await_events(&format!("the end of task {label}"), |events| {
        events.iter().any(|event| event.actor == Actor::Task(label) && event.moment == Moment::Finished)
    })
}

/// Waits until `count` threads have asked for the outcome of the task with this label, which cannot
/// end yet, and gives them time to fall asleep over it; `waiting` is what one of them does.
#[track_caller]
pub(crate) fn await_waiters<R: Send + 'static>(
    trial: &Trial<'_>,
    label: u32,
    count: usize,
    waiting: &Aside<R>,
) -> CheckResult {
    let suffix = format!(" of task {label}");
    let asks = |call: &str| call.ends_with(&suffix) && (call.starts_with("result") || call.starts_with("exception"));
    await_callers(trial, asks, count, waiting)
}

/// Waits until `count` calls that `is` accepts have begun, and gives them time to fall asleep;
/// `waiting` is what one of them does, and must not return.
#[track_caller]
pub(crate) fn await_callers<R: Send + 'static>(
    trial: &Trial<'_>,
    is: impl Fn(&str) -> bool,
    count: usize,
    waiting: &Aside<R>,
) -> CheckResult {
    trial.await_events("the start of every waiting thread", |events| {
        let begins = |event: &&Event| matches!(&event.moment, Moment::Called(call) if is(call));
        events.iter().filter(begins).count() >= count
    })?;
    waiting.stays("nobody who waits for a task that has not ended may return", Patience::ticks(2))
}

/// The first note of `actor`, once there is one that `wanted` accepts.
#[track_caller]
pub(crate) fn await_note(
    trial: &Trial<'_>,
    what: &str,
    actor: Actor,
    wanted: impl Fn(&str) -> bool,
) -> Result<String, Stop> {
    let note = |event: &Event| match &event.moment {
        Moment::Noted(text) if event.actor == actor && wanted(text) => Some(text.clone()),
        _ => None,
    };
    trial.await_events(what, |events| events.iter().any(|event| note(event).is_some()))?;
    trial.history().events().iter().find_map(note).ok_or_else(|| Stop::Hangs(format!("{what} must happen")))
}
