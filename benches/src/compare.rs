//! Two subjects side by side: ratio, interval, conclusion.

use crate::engine::{Arm, Measured, Plan, Procedure, Start, launch, race};
use crate::stats::{judge, noise_floor, paired_ratio};
use crate::sweep::{Cells, Metric};
use crate::{BenchError, SweepOptions};
use poolproof_harness::record::{ComparisonRecord, Record, SCHEMA};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::time::Duration;

const TIME: Metric = Metric { name: "time-per-task", unit: "ns", better: "lower" };

/// The socket's server answers after this.
const LATENCY: Duration = Duration::from_millis(1);

/// What a round takes on one worker. The scheduler lets a thread run for about three milliseconds before it is
/// another one's turn: rounds that are shorter meet other programs as a whole or not at all, and most do not. Longer
/// ones are nearly all met.
const ROUND: Duration = Duration::from_millis(2);

/// Tasks for each worker in a round at least, whatever they take.
const TASKS_A_WORKER: u64 = 4;

/// Rounds in each launch, and launches for each of a sweep: where a launch happens to run is what the next one does
/// not share, so there are many of few rounds each.
const ROUNDS: u32 = 24;
const LAUNCHES: u32 = 4;

/// No launch begins after this; a run on a busy machine stays below a minute.
const BUDGET: Duration = Duration::from_secs(45);
const QUICK_BUDGET: Duration = Duration::from_secs(12);

/// Compares the subjects at `a` and `b` on one workload, with one worker per core.
///
/// Each launch starts three processes: `a`, `b`, and `a` once more under another label. Every
/// round runs all three, in a balanced order, with the same number of tasks. The ratio is that of
/// the times per task of `a` and `b` in the same round; that of `a` and `a` is the noise floor.
/// `sink` receives a cell for each of the two and the comparison that is returned.
///
/// # Errors
///
/// [`BenchError`] if the options are wrong, or one of the two gave no figures.
pub fn compare(
    a: &str,
    b: &str,
    workload: Workload,
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<ComparisonRecord, BenchError> {
    compare_with(&mut launch, a, b, workload, options, sink)
}

/// The same over contenders that `start` makes, in this process or elsewhere.
///
/// # Errors
///
/// As for [`compare`].
pub fn compare_with(
    start: &mut Start<'_>,
    a: &str,
    b: &str,
    workload: Workload,
    options: &SweepOptions,
    sink: &mut dyn FnMut(Record),
) -> Result<ComparisonRecord, BenchError> {
    options.check()?;
    let plan = plan(a, b, workload, options);
    let measured = race(&plan, start);
    let mut cells = Cells::new("compare", &plan, &measured);
    for arm in 0..2 {
        cells.of_time(arm, TIME, |nanoseconds| nanoseconds);
    }
    let (records, holes) = cells.finish();
    records.into_iter().map(Record::Cell).for_each(&mut *sink);

    let nothing = |reason: String| BenchError::NothingMeasured { what: format!("comparing `{a}` with `{b}`"), reason };
    if !holes.is_empty() {
        return Err(nothing(holes.first_reason()));
    }
    let ratio = paired_ratio(&paired(&measured, 0, 1)).map_err(|error| nothing(error.to_string()))?;
    let of_itself = paired_ratio(&paired(&measured, 0, 2)).map_err(|error| nothing(error.to_string()))?;
    let floor = noise_floor(&of_itself);
    let comparison = ComparisonRecord {
        schema: SCHEMA,
        a: a.to_owned(),
        b: b.to_owned(),
        workload: workload.to_string(),
        metric: TIME.name.to_owned(),
        ratio: ratio.at_95.value(),
        low: ratio.at_95.low(),
        high: ratio.at_95.high(),
        noise_floor: floor,
        verdict: judge(&ratio, floor).to_string(),
        p_difference: Some(ratio.p_difference),
        p_equivalence: Some(ratio.p_equivalence),
    };
    sink(Record::Comparison(comparison.clone()));
    Ok(comparison)
}

fn plan(a: &str, b: &str, workload: Workload, options: &SweepOptions) -> Plan {
    let workers = options.one_per_core();
    let tasks = Plan::tasks_for(workload, ROUND, LATENCY).max(TASKS_A_WORKER * workers as u64);
    let of_the_least = Duration::from_micros(workload.nominal_micros(LATENCY).unwrap_or(0) * TASKS_A_WORKER);
    let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
    Plan {
        subjects: vec![a.to_owned(), b.to_owned(), a.to_owned()],
        arms: (0..3).map(|subject| Arm { subject, workers, spec }).collect(),
        launches: LAUNCHES * options.launches,
        budget: Some(if options.quick { QUICK_BUDGET } else { BUDGET }),
        rounds: if options.quick { ROUNDS / 2 } else { ROUNDS },
        procedure: Procedure::Rounds,
        count_round_trips: false,
        round: ROUND.max(of_the_least),
        samples: Vec::new(),
        latency: LATENCY,
        same_tasks: true,
        seed: options.seed,
    }
}

/// The times per task of two arms in the same rounds. An arm that failed ends the pairs.
fn paired(measured: &Measured, above: usize, below: usize) -> Vec<Vec<(f64, f64)>> {
    let (above, below) = (measured.outings[above].ns_per_task(), measured.outings[below].ns_per_task());
    above.into_iter().zip(below).map(|(above, below)| above.into_iter().zip(below).collect()).collect()
}
