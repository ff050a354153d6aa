//! What waiting costs: how long an executor that has been idle takes for a task, and how much of a
//! processor it uses meanwhile.
//!
//! Before each task nothing happens for a gap. `wake-up-p50` is the median time from before
//! `submit` to after `result` of an empty task that follows such a gap. `cpu-share` is the processor
//! time of all processes of the subject over the elapsed time of the round, gaps and tasks
//! together, in shares of one core: what a short wake-up is paid with. The two belong side by side.

use super::latency::trips_interval;
use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan, Procedure};
use crate::stats::Series;
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

const WAKE_UP: Metric = Metric { name: "wake-up-p50", unit: "us", better: "lower" };
const CPU_SHARE: Metric = Metric { name: "cpu-share", unit: "% of a core", better: "lower" };

/// In microseconds. Zero is the round trip without a gap.
const GAPS: [u64; 7] = [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// Those that a round of quick mode has time for.
const QUICK_GAPS: [u64; 4] = [0, 100, 1_000, 10_000];

/// Measured rounds of each gap in each launch.
const ROUNDS: u32 = 2;
/// Samples that a median's interval needs, and a few more.
const ENOUGH: u64 = 24;

pub(super) struct Idle;

impl Definition for Idle {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 50 } else { 400 });
        let gaps: &[u64] = if options.quick { &QUICK_GAPS } else { &GAPS };
        // A percentile has no interval below this many samples in all, and of the launches of quick
        // mode only three are certain.
        let launches = options.launches.clamp(1, if options.quick { 3 } else { u32::MAX });
        let least = ENOUGH.div_ceil(u64::from(ROUNDS * launches)).max(3);
        // Who has no workers has nobody to wake.
        let pools = subjects.iter().enumerate().filter(|(_, address)| *address != SERIAL);
        let arms = pools.flat_map(|(subject, _)| {
            gaps.iter().map(move |&gap| {
                // A round of short gaps is as long as one of long gaps has to be.
                let tasks = (round.as_micros() as u64 / (gap + 20)).clamp(least, 2_000);
                let spec = RoundSpec { workload: Workload::Empty, tasks, dispatch: Dispatch::AfterGap(gap), port: 0 };
                Arm { subject, workers: options.one_per_core(), spec }
            })
        });
        Plan { rounds: ROUNDS, procedure: Procedure::RoundsWithCpu, ..options.plan(subjects, arms.collect(), round) }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, _) in cells.arms() {
            let micros = |trips: &[u64]| trips.iter().map(|&trip| trip as f64 / 1e3).collect::<Vec<_>>();
            let launches: Series = (cells.outing(arm).launches.iter())
                .map(|rounds| rounds.iter().flat_map(|round| micros(&round.trips_ns)).collect())
                .collect();
            let interval = trips_interval(&launches, 0.50, &cells.bootstrap(arm, &WAKE_UP));
            cells.add(arm, WAKE_UP, interval);
            cells.of_noted(arm, Procedure::CPU_SHARE, CPU_SHARE, |share| share * 100.0);
        }
    }
}
