//! What is to be measured.

use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

/// One subject at one number of workers with one kind of round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// Which of the plan's subjects.
    pub subject: usize,
    /// How many workers it has.
    pub workers: usize,
    /// What a round runs. Its number of tasks is the most: a subject that would need much longer
    /// than [`Plan::round`] for them gets as many as fit, the same number in all its arms of this
    /// workload. Its port is filled in by the engine.
    pub spec: RoundSpec,
}

impl Arm {
    /// The arm in words, for a hole.
    #[must_use]
    pub fn words(&self) -> String {
        let workers = if self.workers == 1 { "worker" } else { "workers" };
        let chunks = match self.spec.dispatch {
            Dispatch::Map(Some(chunksize)) => format!(", chunksize {chunksize}"),
            _ => String::new(),
        };
        format!("{}, {} {workers}{chunks}", self.spec.workload, self.workers)
    }
}

/// What is to be measured, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The addresses.
    pub subjects: Vec<String>,
    /// What is measured of them.
    pub arms: Vec<Arm>,
    /// How often every subject is started.
    pub launches: u32,
    /// No launch begins that would, by the time of the ones before, end after this; two always run.
    /// Time decides, never a figure: stopping early makes intervals wider, not wrong.
    pub budget: Option<Duration>,
    /// Measured rounds of each arm in each launch.
    pub rounds: u32,
    /// Whether messages to workers are counted, in one more round of each arm and launch.
    pub count_round_trips: bool,
    /// How long a round should take.
    pub round: Duration,
    /// How long the echo server waits before it answers.
    pub latency: Duration,
    /// Whether all subjects get the number of tasks that the slowest one can do.
    pub same_tasks: bool,
    /// The seed of every random choice.
    pub seed: u64,
}

impl Plan {
    /// How many tasks of about the nominal time of `workload` fill a round on one worker.
    #[must_use]
    pub fn tasks_for(workload: Workload, round: Duration, latency: Duration) -> u64 {
        let micros = match workload {
            Workload::Empty => return u64::MAX,
            Workload::Cpu(micros) | Workload::Sleep(micros) => micros,
            Workload::Socket(trips) => (as_micros(latency) + 20) * u64::from(trips),
            Workload::File(kib) => 20 + u64::from(kib) / 2,
        };
        (as_micros(round) / micros.max(1)).max(1)
    }
}

fn as_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
