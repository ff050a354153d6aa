//! What experiments share: a held worker, tasks behind it, and what became of them.
//!
//! Nothing here believes the declared profile, except in where tasks run.

use crate::trial::{ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial};
use poolproof_harness::{Fault, Gate, Kind, Outcome, Patience, Value};

/// How long is waited for what an executor may well never do. A wrong answer of a machine that is
/// starved for longer is caught by the repetition: see the runner's `profile`.
pub(super) fn a_while(trial: &Trial<'_>) -> Patience {
    Patience::at_least(trial.patience().nominal() / 3)
}

/// An executor whose only worker stands at a gate.
pub(super) struct Held {
    pub(super) executor: ExecutorUnderTest,
    pub(super) gate: Gate,
    /// The task at the gate, and those that may already be on their way to its worker.
    pub(super) ahead: Vec<FutureUnderTest>,
}

impl Held {
    pub(super) fn start(trial: &mut Trial<'_>) -> Result<Self, Stop> {
        let executor = trial.single()?;
        let gate = trial.gate();
        let mut ahead = vec![executor.submit(trial.probe().pass(&gate))?];
        trial.await_arrivals(&gate, 1)?;
        if matches!(trial.profile().kind, Kind::Process | Kind::Cluster) {
            let probes = trial.probes(3);
            ahead.extend(offer(trial, &executor, probes)?.accepted);
        }
        Ok(Self { executor, gate, ahead })
    }

    /// Queues up to `count` tasks; fewer if the queue is short.
    pub(super) fn queue(&self, trial: &mut Trial<'_>, count: usize) -> Result<Vec<FutureUnderTest>, Stop> {
        let probes = trial.probes(count);
        Ok(offer(trial, &self.executor, probes)?.accepted)
    }
}

/// How submit stopped accepting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Not at all.
    Accepts,
    Refuses,
    Blocks,
}

/// What became of several submits.
pub(super) struct Offered {
    pub(super) accepted: Vec<FutureUnderTest>,
    pub(super) end: End,
}

/// Submits probes one after the other, until one is refused or blocks.
pub(super) fn offer(
    trial: &Trial<'_>,
    executor: &ExecutorUnderTest,
    probes: Vec<ProbeBuilder>,
) -> Result<Offered, Stop> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let executor = executor.clone();
    let _submitting = trial.aside("submit", move || {
        for probe in probes {
            let answer = executor.try_submit(probe);
            let ends = answer.is_err();
            if sender.send(answer).is_err() || ends {
                return;
            }
        }
    });
    let mut accepted = Vec::new();
    loop {
        match within(a_while(trial), |slice| receiver.recv_timeout(slice).map_or_else(disconnected, |a| Some(Some(a))))
        {
            Some(Some(Ok(future))) => accepted.push(future),
            Some(Some(Err(Fault::Refused(_)))) => return Ok(Offered { accepted, end: End::Refuses }),
            Some(Some(Err(fault))) => {
                return Err(Stop::Violates(format!("submit must accept or refuse, but: {fault}")));
            }
            Some(None) => return Ok(Offered { accepted, end: End::Accepts }),
            None => return Ok(Offered { accepted, end: End::Blocks }),
        }
    }
}

/// `Some(None)` once nobody will send any more, `None` if it was only too early.
fn disconnected<T>(error: std::sync::mpsc::RecvTimeoutError) -> Option<Option<T>> {
    match error {
        std::sync::mpsc::RecvTimeoutError::Timeout => None,
        std::sync::mpsc::RecvTimeoutError::Disconnected => Some(None),
    }
}

/// Asks again and again, slice by slice, until there is an answer or the patience runs out.
fn within<T>(patience: Patience, mut ask: impl FnMut(std::time::Duration) -> Option<T>) -> Option<T> {
    let mut deadline = patience.start();
    while let Some(slice) = deadline.next_slice() {
        if let Some(answer) = ask(slice) {
            return Some(answer);
        }
    }
    None
}

/// What became of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// All of them ran.
    Ran,
    /// None of them ran, and every future is done.
    Cancelled,
    /// Some ran and some did not, and every future is done.
    Mixed,
    /// Some futures are never done.
    Stranded,
}

/// Waits until every future is done, each watched by a thread of its own.
pub(super) fn fate(trial: &Trial<'_>, futures: &[FutureUnderTest]) -> Result<Fate, Stop> {
    let outcomes = match trial.all_resolve(futures) {
        Ok(outcomes) => outcomes,
        Err(Stop::Hangs(_)) => return Ok(Fate::Stranded),
        Err(stop) => return Err(stop),
    };
    let ran = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    Ok(match ran {
        0 if !outcomes.is_empty() => Fate::Cancelled,
        _ if ran == outcomes.len() => Fate::Ran,
        _ => Fate::Mixed,
    })
}

/// The outcome of one future; nothing if it is never done.
pub(super) fn outcome(trial: &Trial<'_>, future: &FutureUnderTest) -> Result<Option<Outcome<Value>>, Stop> {
    match trial.all_resolve(std::slice::from_ref(future)) {
        Ok(outcomes) => Ok(outcomes.into_iter().next()),
        Err(Stop::Hangs(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}
