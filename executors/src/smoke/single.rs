//! Calls on one future, and on the executor as a whole.

use super::stage::{Checked, Scene, must_be};
use poolproof_harness::{
    Actor, Capability, Failing, Failure, Fault, Kind, Moment, QueuePolicy, Raised, Refused, Shutdown, State, Step,
    Value,
};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

/// `state`: the three predicates at work and after.
pub(super) fn state(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    let now = stage.call("state", || parked.state())?;
    // Executors of processes may call a task running as soon as it is on its way to one.
    must_be("the state of a task that is at work", &now, &State::RUNNING)?;
    gate.open();
    stage.result(&parked)?.map_err(|failure| failure.to_string())?;
    must_be("the state of a finished task", &stage.call("state", || parked.state())?, &State::FINISHED)
}

/// `result`: a limit passes without touching the task; without a limit it waits.
pub(super) fn result(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    scene.calling.set("result");
    for limit in [Duration::ZERO, Duration::from_millis(1)] {
        let early = parked.result(Some(limit));
        must_be("`result` with a limit that passes", &early, &Err(Fault::TimedOut))?;
    }
    gate.open();
    must_be("`result` after its limit passed once", &stage.result(&parked)?, &Ok(Value::Int(1)))
}

/// Lanes: a call that blocks delays no call of another thread.
pub(super) fn lanes(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    let blocked = Arc::clone(&parked);
    let (calls, about_to_call) = sync_channel(1);
    let waiting = thread::spawn(move || {
        let _ = calls.send(());
        blocked.result(None)
    });
    // Nothing shows from here that the other thread is inside its call, so that one try could be
    // too early to notice a lock that `result` holds; many are not.
    about_to_call.recv().map_err(|_| "`result` panicked in the thread that waits".to_owned())?;
    // Meanwhile this thread must be answered, or the gate is never opened.
    for _ in 0..100 {
        scene.calling.set("state, while another thread waits for a `result`,");
        parked.state().map_err(|fault| format!("`state` must be answered while another thread waits: {fault}"))?;
    }
    gate.open();
    scene.calling.set("result");
    let came = waiting.join().map_err(|_| "`result` panicked in the thread that waits".to_owned())?;
    must_be("the `result` that another thread waited for", &came, &Ok(Ok(Value::Int(1))))
}

/// `exception`: the failure, or nothing.
pub(super) fn exception(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let fine = stage.submit(stage.probe(1, vec![], Value::Int(1)))?;
    must_be("the `exception` of a task that returned", &stage.call("exception", || fine.exception(None))?, &None)?;
    let fails = stage.submit(stage.probe(2, vec![Step::Fail(Failing::Error)], Value::None))?;
    let raised = Failure::Raised(Raised::new("ProbeError", "probe fails on purpose"));
    let found = stage.call("exception", || fails.exception(None))?;
    must_be("the `exception` of a task that failed", &found, &Some(raised))
}

/// `cancel`: what it answers, the predicates and the result agree.
pub(super) fn cancel(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    let queued = (2..).take(QUEUED).map(|label| stage.submit(stage.probe(label, vec![], Value::None)));
    let queued = queued.collect::<Result<Vec<_>, _>>()?;
    let last = queued.last().ok_or("nothing was submitted")?;
    let cancelled = stage.call("cancel", || last.cancel())?;
    let state = stage.call("state", || last.state())?;
    must_be("`cancelled` after `cancel` answered", &state.cancelled, &cancelled)?;
    gate.open();
    let came = stage.result(last)?;
    must_be("the result of a future that `cancel` answered for", &(came == Err(Failure::Cancelled)), &cancelled)?;
    stage.result(&parked)?.map_err(|failure| failure.to_string())?;
    must_be("`cancel` of a finished task", &stage.call("cancel", || parked.cancel())?, &false)
}

/// `on_done`: a callback is called as itself, once, before and after the task is done.
pub(super) fn on_done(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let (gate, parked) = stage.parked(1)?;
    let early = stage.probe(11, vec![Step::Note("early".to_owned())], Value::None);
    stage.house.introduce(11, &parked);
    stage.call("on_done", || parked.on_done(early))?;
    let called = |label| stage.house.history().count(|event| event.actor == Actor::Callback(label));
    must_be("the number of events of a callback whose task is not done", &called(11), &0)?;
    gate.open();
    stage.result(&parked)?.map_err(|failure| failure.to_string())?;
    let late = stage.probe(12, vec![Step::Note("late".to_owned())], Value::None);
    stage.house.introduce(12, &parked);
    stage.call("on_done", || parked.on_done(late))?;
    for label in [11, 12] {
        stage.await_event("the end of a callback", |event| {
            event.actor == Actor::Callback(label) && event.moment == Moment::Finished
        })?;
    }
    Ok(())
}

/// `shutdown`: waits for what was accepted, and refuses more in the words of the API.
pub(super) fn shutdown(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    let future = stage.submit(stage.probe(1, vec![], Value::Int(1)))?;
    must_be("the result of a task before `shutdown`", &stage.result(&future)?, &Ok(Value::Int(1)))?;
    stage.call("shutdown", || stage.executor.shutdown(Shutdown::WAIT))?;
    scene.calling.set("submit");
    match stage.executor.submit(stage.probe(2, vec![], Value::None)).map(drop) {
        Err(Fault::Refused(Refused::Shutdown)) => {}
        came => return Err(format!("`submit` after shutdown must be refused as such, but: {came:?}")),
    }
    if scene.profile.has(Capability::CancelFutures) {
        let stage = scene.open(1)?;
        stage.call("shutdown with cancel_futures", || stage.executor.shutdown(Shutdown::CANCEL))?;
    }
    Ok(())
}

/// `drop`: an executor that is let go of with nothing to do ends; its successor works.
pub(super) fn drops(scene: &Scene) -> Checked {
    let stage = scene.open(1)?;
    stage.outcome(vec![], Value::None)?.map_err(|failure| failure.to_string())?;
    stage.call("drop", || stage.executor.release())?;
    let stage = scene.open(1)?;
    let came = stage.outcome(vec![], Value::Int(3))?;
    must_be("the result of a task of the executor that was opened next", &came, &Ok(Value::Int(3)))
}

/// Whether tasks can be taken back: there is room for some that wait for a worker.
pub(super) fn cancels(scene: &Scene) -> bool {
    let room = match scene.profile.queue {
        QueuePolicy::Unbounded => usize::MAX,
        QueuePolicy::Blocks(room) | QueuePolicy::Refuses(room) => room,
        // Nobody has said that there is any.
        QueuePolicy::Undeclared => 0,
    };
    runs_aside(scene) && scene.profile.has(Capability::Cancel) && room >= QUEUED
}

/// How many tasks wait behind the one at work: executors may have some of them on their way already.
const QUEUED: usize = 6;

/// Whether tasks run beside their submitter, so that one can be parked.
pub(super) fn runs_aside(scene: &Scene) -> bool {
    scene.profile.kind != Kind::Inline && scene.profile.has(Capability::Concurrency)
}
