//! A busy executor: its only worker stands at a gate, so that what is submitted next must wait.

use crate::trial::{ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial};
use poolproof_harness::{Gate, Kind, QueuePolicy};

/// How many tasks a process executor may hand to the transport ahead of its one worker: two per
/// worker and one more, and one for good measure.
const PREFETCHED: usize = 4;

/// An executor whose only worker stands at a gate.
pub(crate) struct Busy {
    pub(crate) executor: ExecutorUnderTest,
    /// Opens to let the worker go on.
    pub(crate) gate: Gate,
    /// The task that the worker runs.
    pub(crate) parked: FutureUnderTest,
    /// Tasks behind it that may count as running already.
    pub(crate) prefetched: Vec<FutureUnderTest>,
}

impl Busy {
    /// Occupies the only worker of a new executor, with room for `queued` tasks behind it.
    pub(crate) fn start(trial: &mut Trial<'_>, queued: usize) -> Result<Self, Stop> {
        let prefetched = match trial.profile().kind {
            Kind::Inline | Kind::Thread => 0,
            Kind::Process | Kind::Cluster => PREFETCHED,
        };
        if !trial.profile().is_limited() {
            return Err(Stop::Unsupported("no task ever waits for a worker, by the declared profile".to_owned()));
        }
        if room(trial) < prefetched + queued {
            let reason = format!("needs a queue of {}, more than the declared profile has", prefetched + queued);
            return Err(Stop::Unsupported(reason));
        }
        let executor = trial.single()?;
        let gate = trial.gate();
        let parked = executor.submit(trial.probe().pass(&gate))?;
        trial.await_arrivals(&gate, 1)?;
        let prefetched = executor.submit_all(trial.probes(prefetched))?;
        Ok(Self { executor, gate, parked, prefetched })
    }

    /// Submits `count` tasks that certainly wait.
    pub(crate) fn queue_some(&self, trial: &mut Trial<'_>, count: usize) -> Result<Vec<FutureUnderTest>, Stop> {
        self.executor.submit_all(trial.probes(count))
    }
}

/// How many tasks may be pending at once.
pub(crate) fn room(trial: &Trial<'_>) -> usize {
    match trial.profile().queue {
        QueuePolicy::Unbounded | QueuePolicy::Undeclared => usize::MAX,
        QueuePolicy::Blocks(room) | QueuePolicy::Refuses(room) => room,
    }
}

/// How many tasks a check may submit without waiting for any: `submit` may block, not refuse.
pub(crate) fn wave(trial: &Trial<'_>) -> usize {
    match trial.profile().queue {
        QueuePolicy::Unbounded | QueuePolicy::Blocks(_) | QueuePolicy::Undeclared => usize::MAX,
        QueuePolicy::Refuses(room) => room.max(1),
    }
}

/// Submits `probes`; where the queue is short, waits now and then until what it holds is done.
pub(crate) fn submit_in_waves(
    trial: &Trial<'_>,
    executor: &ExecutorUnderTest,
    probes: impl IntoIterator<Item = ProbeBuilder>,
) -> Result<Vec<FutureUnderTest>, Stop> {
    let wave = wave(trial);
    let mut futures: Vec<FutureUnderTest> = Vec::new();
    for (number, probe) in probes.into_iter().enumerate() {
        if number >= wave && number % wave == 0 {
            for future in &futures[number - wave..] {
                future.await_done(trial.patience())?;
            }
        }
        futures.push(executor.submit(probe)?);
    }
    Ok(futures)
}
