//! How sweeps are run.

use crate::BenchError;
use crate::engine::{Arm, Plan, Procedure};
use std::thread::available_parallelism;
use std::time::Duration;

/// More workers than any machine here is asked for: a slip of the finger, not a wish.
const MOST_WORKERS: usize = 4096;

/// How a sweep or a comparison is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepOptions {
    /// The numbers of workers to measure.
    pub workers: Vec<usize>,
    /// Fewer points and shorter rounds: seconds instead of minutes.
    pub quick: bool,
    /// The seed of orders and bootstraps.
    pub seed: u64,
    /// How often each subject is started; the independent units of every interval.
    pub launches: u32,
}

impl Default for SweepOptions {
    /// 1, 2, 4 ... workers up to four times the cores; 6 launches.
    fn default() -> Self {
        let most = 4 * cores();
        let mut workers: Vec<usize> =
            std::iter::successors(Some(1), |count| Some(count * 2)).take_while(|&count| count <= most).collect();
        workers.extend([cores(), most]);
        workers.sort_unstable();
        workers.dedup();
        Self { workers, quick: false, seed: 1, launches: 6 }
    }
}

impl SweepOptions {
    /// 1, 2 and 4 workers; 4 launches.
    #[must_use]
    pub fn quick() -> Self {
        Self { workers: vec![1, 2, 4], quick: true, seed: 1, launches: 4 }
    }

    pub(crate) fn check(&self) -> Result<(), BenchError> {
        let wrong = |message: String| Err(BenchError::Options(message));
        if self.workers.is_empty() {
            return wrong("no number of workers is given: name at least one, as in `--workers 1,2,4`".into());
        }
        if self.workers.contains(&0) {
            return wrong("an executor with 0 workers runs nothing: the numbers of workers begin at 1".into());
        }
        if let Some(count) = self.workers.iter().find(|&&count| count > MOST_WORKERS) {
            return wrong(format!("{count} workers are more than the {MOST_WORKERS} that are allowed"));
        }
        if self.launches == 0 {
            return wrong("0 launches measure nothing: the number of launches begins at 1".into());
        }
        Ok(())
    }

    /// The numbers of workers, ascending, each once.
    pub(crate) fn ascending(&self) -> Vec<usize> {
        let mut workers = self.workers.clone();
        workers.sort_unstable();
        workers.dedup();
        workers
    }

    /// The same with 1 among them, which every speed-up refers to.
    pub(crate) fn with_one(&self) -> Vec<usize> {
        let mut workers = self.ascending();
        if workers.first() != Some(&1) {
            workers.insert(0, 1);
        }
        workers
    }

    /// The largest number of workers that does not exceed the cores, or the smallest there is.
    pub(crate) fn one_per_core(&self) -> usize {
        let workers = self.ascending();
        let fitting = workers.iter().rfind(|&&count| count <= cores());
        fitting.or(workers.first()).copied().unwrap_or(1)
    }

    /// The largest number of workers.
    pub(crate) fn most(&self) -> usize {
        self.ascending().last().copied().unwrap_or(1)
    }

    /// The time that one sweep may take on a machine that is busy or slow.
    pub(crate) fn budget(&self) -> Option<Duration> {
        self.quick.then_some(Duration::from_secs(12))
    }

    /// The plan that most sweeps have: rounds of about `round` on executors that stay open.
    pub(crate) fn plan(&self, subjects: &[String], arms: Vec<Arm>, round: Duration) -> Plan {
        Plan {
            subjects: subjects.to_vec(),
            arms,
            launches: self.launches,
            budget: self.budget(),
            rounds: self.rounds(),
            procedure: Procedure::Rounds,
            count_round_trips: false,
            round,
            samples: Vec::new(),
            latency: Duration::ZERO,
            same_tasks: false,
            seed: self.seed,
        }
    }

    /// Measured rounds in each launch.
    pub(crate) fn rounds(&self) -> u32 {
        if self.quick { 4 } else { 8 }
    }
}

/// The cores that this process may use.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}
