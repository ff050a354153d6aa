//! What it costs when tasks hang together: nanoseconds for each task, by the shape of the round.
//!
//! * `bag`: all are submitted, then all results are taken; `map`: one map with the executor's own chunksize;
//!   `ping-pong`: one at a time;
//! * `chain`, `tree`, `tree-cut-off`, `fan-in`, `from-inside`: tasks submit tasks from their workers, see
//!   [`Shape`]; an executor whose workers cannot has a hole there;
//! * `many-producers`: four threads submit at the same time;
//! * `tick`: the median time of four tasks and their results in a control loop that pauses for 200 us between them.
//!
//! Every shape verifies that each task ran exactly once, and its answer.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan};
use crate::stats::{Series, estimate};
use poolproof_harness::{Dispatch, RoundSpec, Shape, Workload};
use std::time::Duration;

/// Turns of a control loop in each round, of four tasks each.
const TICKS: u64 = 25;

pub(super) struct Shapes;

fn dispatches() -> impl Iterator<Item = Dispatch> {
    let plain = [Dispatch::Submit, Dispatch::Map(None), Dispatch::OneByOne];
    plain.into_iter().chain(Shape::ALL.iter().map(|&shape| Dispatch::Shaped(shape)))
}

fn metric(dispatch: Dispatch) -> Metric {
    let name = match dispatch {
        Dispatch::Shaped(shape) => shape.name(),
        Dispatch::Map(_) => "map",
        Dispatch::OneByOne => "ping-pong",
        _ => "bag",
    };
    Metric { name, unit: "ns", better: "lower" }
}

impl Definition for Shapes {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 10 } else { 20 });
        let workloads: &[Workload] = if options.quick {
            &[Workload::Cpu(10)]
        } else {
            &[Workload::Empty, Workload::Cpu(10), Workload::Cpu(100)]
        };
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            let workers = if address == SERIAL { 1 } else { options.one_per_core() };
            for &workload in workloads {
                let tasks = Plan::tasks_for(workload, round, Duration::ZERO);
                arms.extend(dispatches().map(|dispatch| {
                    let tick = dispatch == Dispatch::Shaped(Shape::Tick);
                    let tasks = if tick { 4 * TICKS } else { tasks };
                    Arm { subject, workers, spec: RoundSpec { workload, tasks, dispatch, port: 0 } }
                }));
            }
        }
        options.plan(subjects, arms, round)
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, Arm { spec, .. }) in cells.arms() {
            let metric = metric(spec.dispatch);
            if cells.outing(arm).counts().1 == 0 {
                // The hole is there, from when the round was refused.
                continue;
            }
            if spec.dispatch == Dispatch::Shaped(Shape::Tick) {
                let launches = cells.outing(arm).launches.iter();
                let turns: Series = launches
                    .map(|rounds| rounds.iter().flat_map(|round| &round.trips_ns).map(|&turn| turn as f64).collect())
                    .collect();
                let interval = estimate(&turns, &cells.bootstrap(arm, &metric));
                cells.add(arm, metric, interval);
            } else {
                cells.of_time(arm, metric, |nanoseconds| nanoseconds);
            }
        }
    }
}
