//! How long one task takes from submit to result, and where the time goes.
//!
//! Percentiles of an empty task, one at a time:
//!
//! * `round-trip-...`: from before `submit` to after `result`, with nothing else on the way.
//!
//! Not in quick mode, from rounds that stamp seven moments of each task ([`Stamps`]):
//!
//! * `submit-...`: `submit` itself;
//! * `spawn-to-start-...`: from before `submit` to the first line of the body;
//! * `delivery-...`: from the last line of the body to after `result`;
//! * `marked-...`: the part of the delivery until the future is done, where its callback tells;
//! * `response-...`, axis `load`: tasks of 100 us come on a schedule, whatever has become of those before
//!   (an open loop), at 50, 70 and 90 % of what as many cores as workers can do at best; from when the
//!   task *should* have been submitted to after `result`. Results are taken in the order of submits by
//!   a thread of their own.
//!
//! Each at the percentiles 50, 90, 99 and, where there are ten thousand samples, 99.9. The interval is
//! the wider of two: the order-statistic interval over all samples, and the bootstrap over each
//! launch's own percentile, because samples within a launch resemble each other more than those of
//! different launches.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Plan};
use crate::stats::{Interval, Series, StatsError, estimate, nearest_rank, percentile, samples_for};
use crate::sweep::cells::CONFIDENCE;
use poolproof_harness::{BURST, Dispatch, Round, RoundSpec, Stamps, Workload};
use std::time::Duration;

/// A figure at four percentiles.
type Spectrum = [(f64, Metric); 4];

const fn spectrum(names: [&'static str; 4]) -> Spectrum {
    const fn lower(name: &'static str) -> Metric {
        Metric { name, unit: "us", better: "lower" }
    }
    [(0.50, lower(names[0])), (0.90, lower(names[1])), (0.99, lower(names[2])), (0.999, lower(names[3]))]
}

const ROUND_TRIP: Spectrum = spectrum(["round-trip-p50", "round-trip-p90", "round-trip-p99", "round-trip-p99.9"]);
const BURST_RESPONSE: Spectrum =
    spectrum(["burst-response-p50", "burst-response-p90", "burst-response-p99", "burst-response-p99.9"]);
const RESPONSE: Spectrum = spectrum(["response-p50", "response-p90", "response-p99", "response-p99.9"]);

/// One part of the way of a task, in nanoseconds; `None` where it was not stamped.
type Part = fn(&Stamps) -> Option<u64>;

const PARTS: [(Spectrum, Part); 4] = [
    (spectrum(["submit-p50", "submit-p90", "submit-p99", "submit-p99.9"]), |s| Some(s.returned - s.entered)),
    (spectrum(["spawn-to-start-p50", "spawn-to-start-p90", "spawn-to-start-p99", "spawn-to-start-p99.9"]), |s| {
        s.started.checked_sub(s.entered)
    }),
    (spectrum(["delivery-p50", "delivery-p90", "delivery-p99", "delivery-p99.9"]), |s| s.held.checked_sub(s.ended)),
    (spectrum(["marked-p50", "marked-p90", "marked-p99", "marked-p99.9"]), |s| {
        if s.marked == 0 { None } else { s.marked.checked_sub(s.ended) }
    }),
];

/// Beyond this many round trips a round tells nothing more, and its list gets long; stamps are longer.
const MOST_TRIPS: u64 = 4_000;
const MOST_STAMPED: u64 = 1_000;

/// The loads of the open loop, in per cent, and what each of its tasks does.
const LOADS: [u64; 3] = [50, 70, 90];
const LOADED: u64 = 100;

pub(super) struct Latency;

impl Definition for Latency {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 20 } else { 60 });
        let swept = if options.quick { vec![options.ascending()[0]] } else { options.ascending() };
        let trips = RoundSpec { workload: Workload::Empty, tasks: MOST_TRIPS, dispatch: Dispatch::OneByOne, port: 0 };
        let stamped = RoundSpec { tasks: MOST_STAMPED, dispatch: Dispatch::Stamped(0), ..trips };
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            let swept = if address == SERIAL { &[1][..] } else { &swept };
            let specs = if options.quick { &[trips][..] } else { &[trips, stamped] };
            let each = |&spec: &RoundSpec| swept.iter().map(move |&workers| Arm { subject, workers, spec });
            arms.extend(specs.iter().flat_map(each));
            // Who runs tasks where they are submitted has no loop to keep open.
            if !options.quick && address != SERIAL {
                arms.extend(LOADS.map(|load| open_loop(subject, options.one_per_core(), load, round)));
                arms.push(in_bursts(open_loop(subject, options.one_per_core(), LOADS[0], round)));
            }
        }
        let plan = options.plan(subjects, arms, round);
        Plan { samples: samples(&plan), ..plan }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, Arm { spec, .. }) in cells.arms() {
            match spec.dispatch {
                Dispatch::Stamped(0) => {
                    // A part that only some tasks tell would be the quick ones' or the slow ones'.
                    let stamps = cells.outing(arm).launches.iter().flatten().flat_map(|round| &round.stamps);
                    let told = |part: &Part| stamps.clone().all(|one| part(one).is_some());
                    for (spectrum, part) in PARTS.into_iter().filter(|(_, part)| told(part)) {
                        add(cells, arm, spectrum, |round| round.stamps.iter().filter_map(part).collect());
                    }
                }
                Dispatch::Stamped(_) | Dispatch::Bursts(_) => {
                    let response: Part = |stamps| stamps.held.checked_sub(stamps.intended);
                    let spectrum = if matches!(spec.dispatch, Dispatch::Bursts(_)) { BURST_RESPONSE } else { RESPONSE };
                    add(cells, arm, spectrum, |round| round.stamps.iter().filter_map(response).collect());
                }
                _ => add(cells, arm, ROUND_TRIP, |round| round.trips_ns.clone()),
            }
        }
    }
}

/// A round has enough for a percentile if all that are sure to run have. Everyday rounds have by far; only
/// who takes milliseconds for a task needs more time. The last percentile is for who is fast.
fn samples(plan: &Plan) -> Vec<u64> {
    let rounds = u64::from(plan.sure_rounds()).max(1);
    ROUND_TRIP[..3].iter().map(|(q, _)| (samples_for(*q) as u64).div_ceil(rounds)).collect()
}

fn open_loop(subject: usize, workers: usize, load: u64, round: Duration) -> Arm {
    let period = LOADED * 1_000 * 100 / (load * workers as u64);
    let tasks = (round.as_nanos() as u64 / period).max(1);
    let spec = RoundSpec { workload: Workload::Cpu(LOADED), tasks, dispatch: Dispatch::Stamped(period), port: 0 };
    Arm { subject, workers, spec }
}

/// The same load, in whole bursts.
fn in_bursts(mut arm: Arm) -> Arm {
    if let Dispatch::Stamped(period) = arm.spec.dispatch {
        arm.spec.dispatch = Dispatch::Bursts(period);
        arm.spec.tasks = arm.spec.tasks.next_multiple_of(BURST);
    }
    arm
}

/// A cell for each percentile that has enough samples.
fn add(cells: &mut Cells<'_>, arm: usize, spectrum: Spectrum, samples: impl Fn(&Round) -> Vec<u64>) {
    // What takes less than the clock can tell still takes something.
    let micros =
        |round: &Round| samples(round).into_iter().map(|sample| sample.max(1) as f64 / 1e3).collect::<Vec<_>>();
    let launches: Series =
        cells.outing(arm).launches.iter().map(|rounds| rounds.iter().flat_map(micros).collect()).collect();
    for (q, metric) in spectrum {
        let interval = trips_interval(&launches, q, &cells.bootstrap(arm, &metric));
        // A part that this subject does not stamp, or a tail without enough samples: no hole.
        let lacking = matches!(interval, Err(StatsError::TooFew { have, .. }) if have == 0 || q > 0.99);
        if !(lacking && cells.outing(arm).counts().1 > 0) {
            cells.add(arm, metric, interval);
        }
    }
}

/// The interval of a percentile of round trips.
pub(crate) fn trips_interval(launches: &Series, q: f64, how: &crate::stats::Bootstrap) -> Result<Interval, StatsError> {
    let all = percentile(&launches.concat(), q, CONFIDENCE)?;
    let filled: Vec<&Vec<f64>> = launches.iter().filter(|launch| !launch.is_empty()).collect();
    if filled.len() < 2 {
        return Ok(all);
    }
    // One figure for each launch: its own percentile.
    let each: Result<Series, _> = filled.into_iter().map(|launch| Ok(vec![nearest_rank(launch, q)?])).collect();
    Ok(all.hull(estimate(&each?, how)?))
}
