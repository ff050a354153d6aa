//! Where the time goes that is not the tasks' own: a cost that each worker bears for itself, and one that all wait
//! for.
//!
//! With `s(g)` the time of a task of size `g` without an executor, the model of the time per task on W workers is
//! `T(W, g) = max((s(g) + h) / W, d)`: h, the `worker-cost`, is what a worker does beside each task while the others
//! go on; d, the `serial-cost`, is what only one thread at a time does for each task, such as submitting it or
//! passing a lock. More workers share the first and cannot share the second, so `d` bounds the throughput at `1 / d`
//! and `METG(50 %) = max(2 h, W d)`, about.
//!
//! Both are fitted to the times at one worker and at one per core, at the empty task and at sizes up to 16 us: least
//! squares of logarithms. Where no measured time is bound by `d`, the figure is the most that it can be and is called
//! `serial-cost-at-most`; where every one is, `h` is called `worker-cost-at-most` likewise.

use super::{Cells, Metric};
use crate::engine::{Arm, Plan};
use crate::stats::{Bootstrap, Costs, Point, Series, StatsError, distribution, geometric_mean, median, split};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::collections::BTreeMap;
use std::time::Duration;

/// The sizes at which the costs show, beside the empty task.
const SIZES: [u64; 5] = [1, 2, 4, 8, 16];

/// Fewer than elsewhere: each is a search.
const RESAMPLES: u32 = 400;

/// One of the two costs.
type Reading = fn(&Costs) -> f64;

const fn cost(name: &'static str) -> Metric {
    Metric { name, unit: "us", better: "lower" }
}

const WORKER: [Metric; 2] = [cost("worker-cost"), cost("worker-cost-at-most")];
const SERIAL_COST: [Metric; 2] = [cost("serial-cost"), cost("serial-cost-at-most")];

fn workloads() -> impl Iterator<Item = Workload> {
    std::iter::once(Workload::Empty).chain(SIZES.map(Workload::Cpu))
}

/// Adds what the split needs beside the arms of the curve: the empty task, and one worker.
pub(super) fn add_arms(arms: &mut Vec<Arm>, subject: usize, most: usize, round: Duration) {
    for workload in workloads() {
        let tasks = Plan::tasks_for(workload, round, Duration::ZERO);
        let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
        for workers in [1, most] {
            let arm = Arm { subject, workers, spec };
            if !arms
                .iter()
                .any(|known| (known.subject, known.workers, known.spec.workload) == (subject, workers, workload))
            {
                arms.push(arm);
            }
        }
    }
}

/// Cells for the two costs of `subject`, whose tasks take what they take on `serial`.
pub(super) fn cells(cells: &mut Cells<'_>, subject: usize, serial: usize) {
    let arms: Vec<(usize, usize, Arm)> = cells
        .arms()
        .filter(|(_, arm)| arm.subject == subject && workloads().any(|workload| workload == arm.spec.workload))
        .filter_map(|(place, arm)| Some((place, cells.find(serial, arm.spec.workload, 1)?, arm)))
        .collect();
    let most = arms.iter().map(|(.., arm)| arm.workers).max().unwrap_or(1);
    let Some(&(first, ..)) = arms.iter().find(|(.., arm)| arm.workers == most) else { return };
    let times: Vec<Series> = arms.iter().map(|&(arm, ..)| cells.times(arm)).collect();
    let alone: Vec<Series> = arms.iter().map(|&(_, base, _)| cells.times(base)).collect();
    let series: Vec<&Series> = times.iter().chain(&alone).collect();
    let fit = |medians: &[Vec<f64>]| -> Result<Costs, StatsError> {
        let (times, alone) = medians.split_at(arms.len());
        let points: Result<Vec<Point>, StatsError> = (arms.iter().zip(times).zip(alone))
            .map(|(((.., arm), time), alone)| {
                Ok(Point {
                    workers: arm.workers as f64,
                    alone: geometric_mean(alone)?,
                    measured: geometric_mean(time)?,
                })
            })
            .collect();
        split(&points?)
    };
    // Which of the names it is, the figures themselves say, not a resample.
    let observed: Result<Vec<Vec<f64>>, StatsError> = series
        .iter()
        .map(|one| one.iter().filter(|rounds| !rounds.is_empty()).map(|rounds| median(rounds)).collect())
        .collect();
    let Ok(found) = observed.and_then(|medians| fit(&medians)) else { return };
    let axes = BTreeMap::from([("workers".to_owned(), most as f64)]);
    let read: [(Metric, Reading); 2] = [
        (WORKER[usize::from(!found.worker_shows)], |costs| costs.worker),
        (SERIAL_COST[usize::from(!found.serial_shows)], |costs| costs.serial),
    ];
    for (metric, of) in read {
        let how = Bootstrap { resamples: RESAMPLES, ..cells.bootstrap(first, &metric) };
        let interval = distribution(&series, &how, |medians| Ok(of(&fit(medians)?) / 1e3));
        cells.add_at(first, metric, axes.clone(), interval);
    }
}
