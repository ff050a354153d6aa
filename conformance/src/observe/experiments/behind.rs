//! Tasks behind a held worker: their order, what they count as, and whether cancel reaches them.

use super::stage::{Held, a_while};
use crate::observe::Seen;
use crate::trial::{FutureUnderTest, Stop, Trial};
use poolproof_harness::{Capability, Fault, Moment, ReturnWhen};
use std::time::Duration;

pub(in crate::observe) const FIFO: &str = "fifo";
pub(in crate::observe) const LIFO: &str = "lifo";
/// Tasks do not wait for a worker.
pub(in crate::observe) const NOT_QUEUED: &str = "nothing is queued";

/// Whether one of the tasks starts although the worker is held.
fn starts_meanwhile(trial: &Trial<'_>, futures: &[FutureUnderTest]) -> bool {
    let labels: Vec<_> = futures.iter().map(FutureUnderTest::label).collect();
    trial.history().wait_until(a_while(trial), |events| {
        events.iter().any(|event| {
            event.moment == Moment::Started
                && matches!(event.actor, poolproof_harness::Actor::Task(label) if labels.contains(&label))
        })
    })
}

pub(in crate::observe) fn start_order(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let held = Held::start(trial)?;
    let futures = held.queue(trial, 8)?;
    if futures.len() < 3 {
        return Err(Stop::Unsupported(format!("needs three queued tasks, and the queue holds {}", futures.len())));
    }
    if starts_meanwhile(trial, &futures) {
        return Ok(Seen::word(NOT_QUEUED));
    }
    held.gate.open();
    trial.all_resolve(&futures)?;
    let labels: Vec<_> = futures.iter().map(FutureUnderTest::label).collect();
    let started: Vec<_> = trial.history().started().into_iter().filter(|label| labels.contains(label)).collect();
    let backwards: Vec<_> = labels.iter().rev().copied().collect();
    Ok(Seen::word(match started {
        started if started == labels => FIFO,
        started if started == backwards => LIFO,
        _ => "no order",
    }))
}

pub(in crate::observe) fn running_ahead(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let executor = trial.executor()?;
    let workers = executor.workers();
    let gate = trial.gate();
    let holding: Vec<_> = trial.probes(workers).into_iter().map(|probe| probe.pass(&gate)).collect();
    let holding = executor.submit_all(holding)?;
    trial.await_arrivals(&gate, workers)?;
    let probes = trial.probes(2 * workers + 2);
    let queued = super::stage::offer(trial, &executor, probes)?.accepted;
    if starts_meanwhile(trial, &queued) {
        return Ok(Seen::word(NOT_QUEUED));
    }
    let running = |futures: &[FutureUnderTest]| -> Result<usize, Stop> {
        let mut count = 0;
        for future in futures {
            count += usize::from(future.state()?.running);
        }
        Ok(count)
    };
    if running(&holding)? == 0 {
        return Ok(Seen::word("never says"));
    }
    Ok(match running(&queued)? {
        0 => Seen::word("none"),
        count => Seen::number("up to", count),
    })
}

pub(in crate::observe) const NEVER: &str = "never";
pub(in crate::observe) const EAGER: &str = "eager";
pub(in crate::observe) const ACKNOWLEDGED: &str = "acknowledged";
/// There is no `wait` that could tell when.
pub(in crate::observe) const CANCELS: &str = "cancels";

pub(in crate::observe) fn cancel(trial: &mut Trial<'_>) -> Result<Seen, Stop> {
    let held = Held::start(trial)?;
    let queued = held.queue(trial, 2)?;
    let Some(last) = queued.last() else {
        return Err(Stop::Unsupported("needs a queued task, and the queue holds none".to_owned()));
    };
    match last.try_cancel() {
        Ok(true) => {}
        Ok(false) if starts_meanwhile(trial, &queued) => return Ok(Seen::word(NOT_QUEUED)),
        Ok(false) => return Ok(Seen::word("answers no")),
        Err(Fault::Unsupported) => return Ok(Seen::word(NEVER)),
        Err(fault) => return Err(Stop::Inconclusive(fault.to_string())),
    }
    if !trial.profile().has(Capability::Wait) {
        return Ok(Seen::word(CANCELS));
    }
    let futures = std::slice::from_ref(last);
    let polled = held.executor.wait(futures, ReturnWhen::AllCompleted, Some(Duration::ZERO))?;
    if !polled.done.is_empty() {
        return Ok(Seen::word(EAGER));
    }
    held.gate.open();
    let (executor, waited) = (held.executor.clone(), last.clone());
    let waiting = trial.aside("wait for a cancelled task", move || {
        executor.wait(std::slice::from_ref(&waited), ReturnWhen::AllCompleted, None)
    });
    Ok(Seen::word(if waiting.returns().is_ok() { ACKNOWLEDGED } else { "strands waiters" }))
}
