//! An adapter and its crate by hand, side by side.

use crate::builds::Builds;
use crate::{ADAPTER, BY_HAND};
use poolproof_benches::engine::{Arm, Measured, Plan, Procedure, race};
use poolproof_benches::stats::{PairedRatio, median, noise_floor, paired_ratio};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

/// How often both are started. Two launches of one program differ by more than two rounds of one launch do, so there
/// are many launches of few rounds.
pub(crate) const LAUNCHES: u32 = 60;
/// Rounds of each launch.
pub(crate) const ROUNDS: u32 = 10;

/// What one adapter costs, with one worker and empty tasks.
pub(crate) struct Row {
    /// The adapter's address.
    pub(crate) name: &'static str,
    /// Many tasks submitted while the worker stands at a gate, and their results read when all have run.
    /// A worker in another process cannot stand there.
    pub(crate) apart: Option<Result<Cost, String>>,
    /// Many tasks submitted, then their results read.
    pub(crate) together: Result<Cost, String>,
    /// One task at a time: each result is read before the next submit.
    pub(crate) one_by_one: Result<Cost, String>,
}

/// The cost of an adapter, per task.
pub(crate) struct Cost {
    /// Nanoseconds of the crate by hand.
    pub(crate) by_hand_ns: f64,
    /// The adapter's time over that of the crate by hand.
    pub(crate) ratio: PairedRatio,
    /// How much the crate by hand differs from itself in the same rounds, as a share.
    pub(crate) floor: f64,
}

impl Cost {
    /// The share of the crate's own time that is allowed: 5 %, or 20 ns where that is more.
    pub(crate) fn allowed(&self) -> f64 {
        (20.0 / self.by_hand_ns).max(0.05)
    }
}

pub(crate) fn measure(name: &'static str, builds: &Builds) -> Row {
    let cost = |dispatch| cost(name, dispatch, builds);
    let apart = (name != "procspawn").then(|| cost(Dispatch::Held(1)));
    Row { name, apart, together: cost(Dispatch::Submit), one_by_one: cost(Dispatch::OneByOne) }
}

fn cost(name: &str, dispatch: Dispatch, builds: &Builds) -> Result<Cost, String> {
    let by_hand = format!("{BY_HAND}{name}");
    let most = if dispatch == Dispatch::OneByOne { 1_000 } else { 10_000 };
    let spec = RoundSpec { workload: Workload::Empty, tasks: most, dispatch, port: 0 };
    let plan = Plan {
        subjects: vec![format!("{ADAPTER}{name}"), by_hand.clone(), by_hand],
        arms: (0..3).map(|subject| Arm { subject, workers: 1, spec }).collect(),
        procedure: Procedure::Rounds,
        launches: LAUNCHES,
        budget: None,
        rounds: ROUNDS,
        count_round_trips: false,
        round: Duration::from_millis(10),
        samples: Vec::new(),
        latency: Duration::from_millis(1),
        same_tasks: true,
        seed: 1,
    };
    let mut started = 0;
    let measured = race(&plan, &mut |address| {
        // All subjects of a launch are of one build.
        let launch = started / plan.subjects.len();
        started += 1;
        builds.launch(launch, address)
    });
    if let Some((_, point, reason)) = measured.failures.first() {
        return Err(format!("{point}: {reason}"));
    }
    let words = |error: poolproof_benches::stats::StatsError| error.to_string();
    let by_hand: Vec<f64> = measured.outings[1].ns_per_task().concat();
    let ratio = |above| paired_ratio(&builds.units(paired(&measured, above, 1))).map_err(words);
    Ok(Cost { by_hand_ns: median(&by_hand).map_err(words)?, ratio: ratio(0)?, floor: noise_floor(&ratio(2)?) })
}

/// The times of two arms in the same rounds, launch by launch.
fn paired(measured: &Measured, above: usize, below: usize) -> Vec<Vec<(f64, f64)>> {
    let (above, below) = (measured.outings[above].ns_per_task(), measured.outings[below].ns_per_task());
    above.into_iter().zip(below).map(|(above, below)| above.into_iter().zip(below).collect()).collect()
}
