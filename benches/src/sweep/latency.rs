//! How long one task takes from submit to result, when nothing else is going on.
//!
//! `round-trip-p50`, `-p90` and `-p99` are percentiles of the time from before `submit` to after
//! `result` of an empty task, one at a time. The interval is the wider of two: the order-statistic
//! interval over all round trips, and the bootstrap over each launch's own percentile, because
//! round trips within a launch resemble each other more than those of different launches.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan, Procedure};
use crate::stats::{Interval, Series, StatsError, estimate, nearest_rank, percentile};
use crate::sweep::cells::CONFIDENCE;
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

const PERCENTILES: [(f64, Metric); 3] = [
    (0.50, Metric { name: "round-trip-p50", unit: "us", better: "lower" }),
    (0.90, Metric { name: "round-trip-p90", unit: "us", better: "lower" }),
    (0.99, Metric { name: "round-trip-p99", unit: "us", better: "lower" }),
];

/// Beyond this many round trips a round tells nothing more, and its list gets long.
const MOST_TRIPS: u64 = 4_000;

pub(super) struct Latency;

impl Definition for Latency {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 20 } else { 60 });
        let swept = if options.quick { vec![options.ascending()[0]] } else { options.ascending() };
        let spec = RoundSpec { workload: Workload::Empty, tasks: MOST_TRIPS, dispatch: Dispatch::OneByOne, port: 0 };
        let arms = subjects.iter().enumerate().flat_map(|(subject, address)| {
            let workers = if address == SERIAL { vec![1] } else { swept.clone() };
            workers.into_iter().map(move |workers| Arm { subject, workers, spec })
        });
        Plan {
            subjects: subjects.to_vec(),
            arms: arms.collect(),
            launches: options.launches,
            budget: options.budget(),
            rounds: options.rounds(),
            procedure: Procedure::Rounds,
            count_round_trips: false,
            round,
            latency: Duration::ZERO,
            same_tasks: false,
            seed: options.seed,
        }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, _) in cells.arms() {
            let launches: Series = cells.outing(arm).launches.iter().map(|rounds| micros(rounds)).collect();
            for (q, metric) in PERCENTILES {
                let interval = trips_interval(&launches, q, &cells.bootstrap(arm, &metric));
                cells.add(arm, metric, interval);
            }
        }
    }
}

fn micros(rounds: &[poolproof_harness::Round]) -> Vec<f64> {
    rounds.iter().flat_map(|round| &round.trips_ns).map(|&trip| trip as f64 / 1e3).collect()
}

/// The interval of a percentile of round trips.
pub(super) fn trips_interval(launches: &Series, q: f64, how: &crate::stats::Bootstrap) -> Result<Interval, StatsError> {
    let all = percentile(&launches.concat(), q, CONFIDENCE)?;
    let filled: Vec<&Vec<f64>> = launches.iter().filter(|launch| !launch.is_empty()).collect();
    if filled.len() < 2 {
        return Ok(all);
    }
    // One figure for each launch: its own percentile.
    let each: Result<Series, _> = filled.into_iter().map(|launch| Ok(vec![nearest_rank(launch, q)?])).collect();
    Ok(all.hull(estimate(&each?, how)?))
}
