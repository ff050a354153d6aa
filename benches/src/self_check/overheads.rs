//! Known overheads, and what the engine makes of them.
//!
//! A calibration executor computes for a given time before each task. With `T(x)` the time per task
//! of the one that adds `x`, the recovered overhead is `T(x) - T(0)`, both of the same round; its
//! interval is that of signed ranks of the launches' medians of these differences. There are many launches
//! of few short rounds, for the reasons that [`compare`](crate::compare) has.
//!
//! * Workload `empty`: 0.2, 1, 5 and 20 us on a task of nothing;
//! * workload `cpu-100us`: 1, 3 and 10 % of a task of 100 us.

use super::{Figure, SELF_CHECK};
use crate::engine::{Arm, Measured, Plan, Start, calibration_address, counts, launch, race};
use crate::stats::paired_difference;
use crate::{Holes, SweepOptions};
use poolproof_harness::record::Record;
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::collections::BTreeMap;
use std::time::Duration;

/// The injected overheads, in nanoseconds, by workload.
const INJECTED: [(Workload, &[u64]); 2] =
    [(Workload::Empty, &[200, 1_000, 5_000, 20_000]), (Workload::Cpu(100), &[1_000, 3_000, 10_000])];

/// What a round takes; rounds in each launch; launches for each of a sweep. Nobody need be woken for a round, so it
/// can be shorter than one of `compare`, and scatters less.
const ROUND: Duration = Duration::from_millis(1);
const ROUNDS: u32 = 48;
const LAUNCHES: u32 = 4;

/// Measures the calibration executors and passes a cell for each to `sink`: metric
/// `recovered-overhead` in nanoseconds, axis `injected-ns`. What could not be measured is a hole.
pub fn overheads(options: &SweepOptions, sink: &mut dyn FnMut(Record)) {
    overheads_with(&mut launch, options, sink);
}

/// The same over contenders that `start` makes, in this process or elsewhere.
pub fn overheads_with(start: &mut Start<'_>, options: &SweepOptions, sink: &mut dyn FnMut(Record)) {
    let overheads = Overheads::new(options);
    let measured = race(overheads.plan(), start);
    overheads.told(&measured, sink);
}

/// What is to be measured, and what is to be made of it.
pub(super) struct Overheads {
    plan: Plan,
    pairs: Vec<Pair>,
}

impl Overheads {
    pub(super) fn new(options: &SweepOptions) -> Self {
        let (plan, pairs) = plan(options);
        Self { plan, pairs }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Passes the cells of what was measured to `sink`, and holes for the rest.
    pub(super) fn told(&self, measured: &Measured, sink: &mut dyn FnMut(Record)) {
        let mut holes = Holes::default();
        for (subject, point, reason) in &measured.failures {
            holes.add(SELF_CHECK, &self.plan.subjects[*subject], point, reason);
        }
        for pair in &self.pairs {
            let (above, below) = (&measured.outings[pair.burdened], &measured.outings[pair.base]);
            let arm = self.plan.arms[pair.burdened];
            match paired_difference(&above.ns_per_task(), &below.ns_per_task()) {
                Ok(interval) => {
                    let (launches, samples) = counts(&above.launches);
                    let figure = Figure {
                        subject: "calibration",
                        workload: &arm.spec.workload.to_string(),
                        axes: BTreeMap::from([("injected-ns".to_owned(), pair.injected as f64)]),
                        metric: "recovered-overhead",
                        interval,
                        launches,
                        samples,
                    };
                    sink(figure.record());
                }
                Err(error) => holes.add(SELF_CHECK, "calibration", &arm.words(), error),
            }
        }
        holes.into_iter().map(Record::Hole).for_each(sink);
    }
}

/// Two arms that differ in nothing but the overhead.
struct Pair {
    injected: u64,
    burdened: usize,
    base: usize,
}

fn plan(options: &SweepOptions) -> (Plan, Vec<Pair>) {
    let (mut subjects, mut arms, mut pairs) = (vec![calibration_address(0)], Vec::new(), Vec::new());
    for (workload, overheads) in INJECTED {
        let tasks = Plan::tasks_for(workload, ROUND, Duration::ZERO).min(20_000);
        let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
        let base = arms.len();
        arms.push(Arm { subject: 0, workers: 1, spec });
        for &injected in overheads {
            let address = calibration_address(injected);
            let subject = subjects.iter().position(|known| *known == address).unwrap_or_else(|| {
                subjects.push(address);
                subjects.len() - 1
            });
            pairs.push(Pair { injected, burdened: arms.len(), base });
            arms.push(Arm { subject, workers: 1, spec });
        }
    }
    let rounds = if options.quick { ROUNDS / 2 } else { ROUNDS };
    let plan = options.plan(&subjects, arms, ROUND);
    (Plan { launches: LAUNCHES * options.launches, rounds, ..plan }, pairs)
}
