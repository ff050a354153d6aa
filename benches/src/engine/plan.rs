//! What is to be measured.

use poolproof_harness::{BURST, Dispatch, RoundSpec, Workload};
use std::time::Duration;

/// One subject at one number of workers with one kind of round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// Which of the plan's subjects.
    pub subject: usize,
    /// How many workers it has.
    pub workers: usize,
    /// What a round runs. Its number of tasks is the most: a subject that would need much longer
    /// than [`Plan::round`] for them gets as many as fit or as [`Plan::samples`] asks for, the same
    /// number in all its arms of this workload. Its port is filled in by the engine.
    pub spec: RoundSpec,
}

impl Arm {
    /// The arm in words, for a hole.
    #[must_use]
    pub fn words(&self) -> String {
        let workers = if self.workers == 1 { "worker" } else { "workers" };
        let chunks = match self.spec.dispatch {
            Dispatch::Map(Some(chunksize)) => format!(", chunksize {chunksize}"),
            Dispatch::AfterGap(micros) => format!(", after {micros} us"),
            Dispatch::Stamped(0) => ", stamped".to_owned(),
            Dispatch::Stamped(period) => format!(", one every {} us", period as f64 / 1e3),
            Dispatch::Bursts(period) => format!(", bursts of {BURST}, one task every {} us", period as f64 / 1e3),
            Dispatch::Shaped(shape) => format!(", {shape}"),
            _ => String::new(),
        };
        format!("{}, {} {workers}{chunks}", self.spec.workload, self.workers)
    }
}

/// What is done with an arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Procedure {
    /// Rounds, one after the other, on an executor that stays open.
    #[default]
    Rounds,
    /// The same, and the processor time that the subject's processes used in each round is noted
    /// as [`CPU_SHARE`](Self::CPU_SHARE) and as [`CPU_PER_TASK`](Self::CPU_PER_TASK).
    RoundsWithCpu,
    /// One executor after the other is opened, used and closed; its times are noted as
    /// [`START_FIRST`](Self::START_FIRST), [`START_ALL`](Self::START_ALL) and [`STOP`](Self::STOP).
    Lives,
    /// The memory of the subject's processes is looked at before it is opened, when all workers
    /// have worked, and when as many tasks as the arm's round has are pending, once for each
    /// launch; noted as [`PER_WORKER`](Self::PER_WORKER) and [`PER_TASK`](Self::PER_TASK).
    Memory,
}

impl Procedure {
    /// Processor time over elapsed time.
    pub const CPU_SHARE: &str = "cpu-share";
    /// Nanoseconds of processor time for each task.
    pub const CPU_PER_TASK: &str = "cpu-per-task";
    /// Nanoseconds until the first result.
    pub const START_FIRST: &str = "start-first";
    /// Nanoseconds until all workers worked at the same time.
    pub const START_ALL: &str = "start-all";
    /// Nanoseconds that a waiting shutdown of idle workers takes.
    pub const STOP: &str = "stop";
    /// Bytes per worker.
    pub const PER_WORKER: &str = "memory-per-worker";
    /// Bytes per pending task.
    pub const PER_TASK: &str = "memory-per-pending-task";
}

/// What is to be measured, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The addresses.
    pub subjects: Vec<String>,
    /// What is measured of them.
    pub arms: Vec<Arm>,
    /// What is done with each arm.
    pub procedure: Procedure,
    /// How often every subject is started.
    pub launches: u32,
    /// No launch begins that would, by the time of the ones before, end after this; [`Plan::LEAST_LAUNCHES`] always run.
    /// Time decides, never a figure: stopping early makes intervals wider, not wrong.
    pub budget: Option<Duration>,
    /// Measured rounds of each arm in each launch.
    pub rounds: u32,
    /// Whether messages to workers are counted, in one more round of each arm and launch.
    pub count_round_trips: bool,
    /// How long a round should take.
    pub round: Duration,
    /// How many tasks a round needs for one figure more, where each of them is a sample: ascending. A slow
    /// subject gets the most of these that take no longer than [`Plan::LONGEST`], and at least the first.
    pub samples: Vec<u64>,
    /// How long the echo server waits before it answers.
    pub latency: Duration,
    /// Whether all subjects get the number of tasks that the slowest one can do.
    pub same_tasks: bool,
    /// The seed of every random choice.
    pub seed: u64,
}

impl Plan {
    /// So many launches run in any time. Of two, the interval would be nine times as wide as they lie apart, of three
    /// less than three times.
    pub const LEAST_LAUNCHES: u32 = 3;

    /// How long a round may take for the samples that its figures need.
    pub const LONGEST: Duration = Duration::from_secs(2);

    /// How many rounds of each arm there are in any time.
    #[must_use]
    pub fn sure_rounds(&self) -> u32 {
        let launches = if self.budget.is_some() { self.launches.min(Self::LEAST_LAUNCHES) } else { self.launches };
        launches.saturating_mul(self.rounds)
    }

    /// How many tasks of about the nominal time of `workload` fill a round on one worker.
    #[must_use]
    pub fn tasks_for(workload: Workload, round: Duration, latency: Duration) -> u64 {
        let Some(micros) = workload.nominal_micros(latency) else { return u64::MAX };
        (as_micros(round) / micros.max(1)).max(1)
    }
}

fn as_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
