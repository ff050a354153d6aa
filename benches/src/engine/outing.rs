//! What the arms of a plan gave.

use crate::stats::Series;
use poolproof_harness::Round;
use poolproof_harness::record::TaintRecord;
use std::collections::BTreeMap;

/// What one arm gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outing {
    /// How many tasks each of its rounds had.
    pub tasks: u64,
    /// The rounds of each launch; a launch that failed before may have none.
    pub launches: Vec<Vec<Round>>,
    /// Messages to workers in one round of each launch, where they are counted.
    pub round_trips: Vec<u64>,
    /// Figures beside the times of rounds, by the name that [`Procedure`](super::Procedure) gives them and by launch.
    pub noted: BTreeMap<&'static str, Series>,
    /// What disturbed its rounds.
    pub taint: TaintRecord,
}

impl Outing {
    /// Nanoseconds per task, by launch and round.
    #[must_use]
    pub fn ns_per_task(&self) -> Vec<Vec<f64>> {
        let per_task = |round: &Round| round.elapsed_ns as f64 / self.tasks.max(1) as f64;
        self.launches.iter().map(|rounds| rounds.iter().map(per_task).collect()).collect()
    }

    /// How many launches gave rounds, and how many rounds there are.
    #[must_use]
    pub fn counts(&self) -> (u32, u32) {
        counts(&self.launches)
    }

    /// Notes a figure of a launch.
    pub(super) fn note(&mut self, name: &'static str, launch: usize, figure: f64) {
        let launches = self.noted.entry(name).or_default();
        launches.resize(launches.len().max(launch + 1), Vec::new());
        launches[launch].push(figure);
    }
}

/// How many launches gave samples, and how many samples there are.
pub(crate) fn counts<T>(launches: &[Vec<T>]) -> (u32, u32) {
    let filled = launches.iter().filter(|samples| !samples.is_empty()).count();
    let samples: usize = launches.iter().map(Vec::len).sum();
    (u32::try_from(filled).unwrap_or(u32::MAX), u32::try_from(samples).unwrap_or(u32::MAX))
}

/// What a plan gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One for each arm of the plan, in its order.
    pub outings: Vec<Outing>,
    /// Subject, point in words and reason of what failed.
    pub failures: Vec<(usize, String, String)>,
}
