//! Where callbacks run.

use crate::observe::Seen;
use crate::trial::{Stop, Trial};
use poolproof_harness::{Actor, Event, Moment};

pub(in crate::observe) fn callback_place(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let callback = trial.probe();
    let label = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_callback(label, 1)?;
    let place = |actor: Actor| {
        let began = |event: &&Event| event.actor == actor && event.moment == Moment::Started;
        trial.history().events().iter().find(began).map(|event| (event.pid, event.tid))
    };
    let (task, called) = (place(Actor::Task(future.label())), place(Actor::Callback(label)));
    let (Some(task), Some(called)) = (task, called) else {
        return Err(Stop::Inconclusive("the start of the task or of the callback is missing".to_owned()));
    };
    Ok(Seen::word(match called {
        called if called == task => "the worker",
        (pid, tid) if pid == std::process::id() && tid == Event::here(Actor::Check, Moment::Started).tid => {
            "the submitter"
        }
        (pid, _) if pid == task.0 => "another thread",
        _ => "a thread of the submitter's process",
    }))
}
