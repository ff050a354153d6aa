//! What tasks carry, note and stop at.

use super::stage::{Checked, Scene, must_be};
use poolproof_harness::{
    Actor, Capability, Failing, Failure, Kind, Moment, PayloadBytes, Raised, Shutdown, Step, Value, now_ns,
};

/// A length that no small buffer holds.
const LARGE: usize = 200_000;

/// `submit`: every value arrives, and comes back as it went.
pub(super) fn values(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    for value in [
        Value::None,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Text("zwölf \u{1f44b}\n\"quoted\"".to_owned()),
        Value::Payload(PayloadBytes { len: LARGE, seed: 0x0123_4567_89ab_cdef }),
        Value::ErrorValue(Raised::new("SomeError", "says something")),
    ] {
        let came = stage.outcome(vec![], value.clone())?;
        must_be("what a task carries and returns", &came, &Ok(value))?;
    }
    Ok(())
}

/// `who_am_i`: the worker is where the profile says.
pub(super) fn identity(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let came = stage.outcome(vec![], Value::WhoAmI)?;
    let Ok(Value::Identity { pid, tid }) = came else {
        return Err(format!("the value `who_am_i` must come back as the worker's `identity`, but is {came:?}"));
    };
    let noted = stage.house.history().events().into_iter().find(|event| event.actor == Actor::Task(1));
    let noted = noted.map(|event| (event.pid, event.tid));
    must_be("process and thread of the task's events, beside its identity,", &noted, &Some((pid, tid)))?;
    let other = stage.outcome(vec![], Value::WhoAmI)?;
    let Ok(Value::Identity { pid: again, .. }) = other else { return Err(format!("`identity` is {other:?}")) };
    match scene.profile.kind {
        Kind::Thread | Kind::Inline => must_be("the process of a worker that is a thread", &again, &pid),
        Kind::Process | Kind::Cluster if pid == std::process::id() => {
            Err("the profile says that workers are processes, but the task ran in the one that submitted".to_owned())
        }
        Kind::Process | Kind::Cluster => Ok(()),
    }
}

/// The protocol of the gates: who notes what, once, at which time.
pub(super) fn history(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let before = now_ns();
    stage.outcome(vec![Step::Note("hello".to_owned())], Value::None)?.map_err(|failure| failure.to_string())?;
    let after = now_ns();
    let events = stage.house.history().events();
    let moments: Vec<_> = events.iter().map(|event| (event.actor, event.moment.clone())).collect();
    let wanted = [Moment::Started, Moment::Noted("hello".to_owned()), Moment::Finished];
    let wanted: Vec<_> = wanted.into_iter().map(|moment| (Actor::Task(1), moment)).collect();
    must_be("what a task notes before its result is there", &moments, &wanted)?;
    for event in &events {
        if !(before..=after).contains(&event.at_ns) {
            return Err(format!(
                "`at_ns` must be read from CLOCK_MONOTONIC where it happens, between {before} and {after} here, \
                 but is {} for `{}`",
                event.at_ns, event.moment
            ));
        }
    }
    if events.is_sorted_by_key(|event| event.at_ns) {
        Ok(())
    } else {
        Err("the times of one task's events must ascend, but do not".to_owned())
    }
}

/// The step `pass`: a task stops at its gate, and goes on when it is opened.
pub(super) fn gates(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    let passed = stage.house.history().count(|event| matches!(event.moment, Moment::Passed(_) | Moment::Finished));
    must_be("the number of tasks that went through a closed gate", &passed, &0)?;
    gate.open();
    must_be("the result of a task whose gate was opened", &stage.result(&parked)?, &Ok(Value::Int(1)))?;
    let passed = stage.house.history().count(|event| event.moment == Moment::Passed(gate.id().0));
    must_be("how often a task that went through a gate notes `passed`", &passed, &1)
}

/// The step `fail`: an error reaches the waiter with its class and its text.
pub(super) fn failures(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let raised = Failure::Raised(Raised::new("ProbeError", "probe fails on purpose"));
    let came = stage.outcome(vec![Step::Fail(Failing::Error)], Value::None)?;
    must_be("the outcome of a task that fails", &came, &Err(raised))?;
    if scene.profile.has(Capability::Panic) || scene.profile.has(Capability::Exceptions) {
        match stage.outcome(vec![Step::Fail(Failing::Panic)], Value::None)? {
            Err(Failure::Panicked(_) | Failure::Raised(_)) => {}
            came => return Err(format!("the outcome of a task that panics must be `panicked`, but is {came:?}")),
        }
    }
    let finished = stage.house.history().count(|event| event.moment == Moment::Finished);
    must_be("how often a task that fails notes `finished`", &finished.min(1), &1)
}

/// The step `submit`: a task reaches its own executor.
pub(super) fn nested(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let child = Box::new(stage.probe(2, vec![], Value::None));
    stage.outcome(vec![Step::Submit(child)], Value::None)?.map_err(|failure| failure.to_string())?;
    stage.await_event("the end of a task that a task submitted", |event| {
        event.actor == Actor::Task(2) && event.moment == Moment::Finished
    })?;
    must_be("what a task that submitted another notes", &stage.notes(), &vec!["submitted 2".to_owned()])
}

/// `canary`: the release of a task is noted once everybody let go of it, by the submitter.
pub(super) fn canary(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let future = stage.submit(stage.watched(1))?;
    let came = stage.result(&future)?;
    must_be("the result of a task with a canary", &came, &Ok(Value::None))?;
    drop(future);
    if scene.profile.has(Capability::Shutdown) {
        stage.call("shutdown", || stage.executor.shutdown(Shutdown::WAIT))?;
    }
    // Executors may keep the last task that they ran for as long as they live themselves.
    stage.call("drop", || stage.executor.release())?;
    stage.await_event("the release of a task whose future and executor were dropped", |event| {
        event.moment == Moment::Released
    })
}
