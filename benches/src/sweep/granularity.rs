//! From which task size on an executor pays: efficiency by size of task.
//!
//! With `T(W, g)` the time per task of size `g` on W workers, and `T(serial, g)` that of `serial`
//! in the same rounds, `efficiency` = `T(serial, g) / (W * T(W, g))`: the share of the workers'
//! time that did the tasks' work. It needs `serial` among the subjects, and at most one worker per
//! core.
//!
//! `metg-50` and `metg-90` are the minimum effective task granularity (Slaughter et al., *Task
//! Bench*, SC20): the least size of task with an efficiency of 50 % or 90 %, interpolated on the
//! logarithm of the size between the two sizes around it. `break-even` is the same for an
//! efficiency of `1 / W`: from this size on the pool takes less time than having none. Where even
//! the smallest size is more efficient the name of the metric ends in `-at-most`, where the largest
//! is not, in `-at-least`.
//!
//! Not in quick mode, where the time goes that is not the tasks' own: see [`splitting`].

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions, splitting};
use crate::engine::{Arm, Plan};
use crate::stats::{Interval, Series, StatsError, distribution, geometric_mean};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::collections::BTreeMap;
use std::time::Duration;

const EFFICIENCY: Metric = Metric { name: "efficiency", unit: "share", better: "higher" };

/// What is read off the curve of efficiency.
struct Reading {
    /// The efficiency that is looked for, of so many workers.
    threshold: fn(f64) -> f64,
    /// What the size is called where it lies on the curve, before it, and beyond it.
    names: [&'static str; 3],
}

const READINGS: [Reading; 3] = [
    Reading { threshold: |_| 0.5, names: ["metg-50", "metg-50-at-most", "metg-50-at-least"] },
    Reading { threshold: |_| 0.9, names: ["metg-90", "metg-90-at-most", "metg-90-at-least"] },
    Reading { threshold: |workers| 1.0 / workers, names: ["break-even", "break-even-at-most", "break-even-at-least"] },
];

fn size_metric(name: &'static str) -> Metric {
    Metric { name, unit: "us", better: "lower" }
}

pub(super) struct Granularity;

impl Definition for Granularity {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        let round = Duration::from_millis(if options.quick { 12 } else { 40 });
        let sizes: &[u64] =
            if options.quick { &[1, 8, 64, 512] } else { &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048] };
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            for &size in sizes {
                let workload = Workload::Cpu(size);
                let tasks = Plan::tasks_for(workload, round, Duration::ZERO);
                let spec = RoundSpec { workload, tasks, dispatch: Dispatch::Submit, port: 0 };
                let workers = if address == SERIAL { 1 } else { options.one_per_core() };
                arms.push(Arm { subject, workers, spec });
            }
            if !options.quick {
                splitting::add_arms(
                    &mut arms,
                    subject,
                    if address == SERIAL { 1 } else { options.one_per_core() },
                    round,
                );
            }
        }
        options.plan(subjects, arms, round)
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        let Some(serial) = cells.subjects().find(|&subject| cells.address(subject) == SERIAL) else { return };
        for subject in cells.subjects().filter(|&subject| subject != serial) {
            let mut curve = Curve::default();
            let most = cells.arms().filter(|(_, arm)| arm.subject == subject).map(|(_, arm)| arm.workers).max();
            let swept = |arm: &Arm| arm.subject == subject && Some(arm.workers) == most;
            for (arm, Arm { workers, spec, .. }) in cells.arms().filter(|(_, arm)| swept(arm)) {
                let (Some(base), Workload::Cpu(size)) = (cells.find(serial, spec.workload, 1), spec.workload) else {
                    continue;
                };
                cells.speed_up_share(arm, base, EFFICIENCY, 1.0 / workers as f64);
                curve.arms.push(arm);
                curve.workers = workers as f64;
                curve.sizes.push(size as f64);
                curve.bases.push(cells.times(base));
                curve.times.push(cells.times(arm));
            }
            let Some(&first) = curve.arms.first() else { continue };
            let axes = BTreeMap::from([("workers".to_owned(), curve.workers)]);
            for reading in &READINGS {
                let (metric, interval) = curve.read(reading, cells, first);
                cells.add_at(first, metric, axes.clone(), interval);
            }
            if cells.in_depth() {
                splitting::cells(cells, subject, serial);
            }
        }
    }
}

/// Where on the curve the threshold lies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crossing {
    Below(f64),
    At(f64),
    Above(f64),
}

impl Crossing {
    fn size(self) -> f64 {
        let (Self::Below(size) | Self::At(size) | Self::Above(size)) = self;
        size
    }
}

/// Efficiency by size of one subject.
#[derive(Default)]
struct Curve {
    arms: Vec<usize>,
    sizes: Vec<f64>,
    workers: f64,
    bases: Vec<Series>,
    times: Vec<Series>,
}

impl Curve {
    fn read(&self, reading: &Reading, cells: &Cells<'_>, arm: usize) -> (Metric, Result<Interval, StatsError>) {
        let series: Vec<&Series> = self.bases.iter().chain(&self.times).collect();
        let crossing_of = |medians: &[Vec<f64>]| {
            let (bases, times) = medians.split_at(self.sizes.len());
            let efficiencies: Result<Vec<f64>, StatsError> = bases
                .iter()
                .zip(times)
                .map(|(base, time)| Ok(geometric_mean(base)? / (self.workers * geometric_mean(time)?)))
                .collect();
            Ok(crossing(&self.sizes, &efficiencies?, (reading.threshold)(self.workers)))
        };
        let [at, at_most, at_least] = reading.names.map(size_metric);
        let how = cells.bootstrap(arm, &at);
        let interval = distribution(&series, &how, |medians| Ok(crossing_of(medians)?.size()));
        // Which of the three it is, the figures themselves say, not a resample.
        let observed: Result<Vec<Vec<f64>>, StatsError> = series
            .iter()
            .map(|one| {
                one.iter().filter(|rounds| !rounds.is_empty()).map(|rounds| crate::stats::median(rounds)).collect()
            })
            .collect();
        match observed.and_then(|medians| crossing_of(&medians)) {
            Ok(Crossing::Below(_)) => (at_most, interval),
            Ok(Crossing::Above(_)) => (at_least, interval),
            Ok(Crossing::At(_)) | Err(_) => (at, interval),
        }
    }
}

/// The least size from which on the efficiency stays at the threshold or above.
fn crossing(sizes: &[f64], efficiencies: &[f64], threshold: f64) -> Crossing {
    let last_below = efficiencies.iter().rposition(|&efficiency| efficiency < threshold);
    match last_below {
        None => Crossing::Below(sizes.first().copied().unwrap_or(0.0)),
        Some(below) if below + 1 == sizes.len() => Crossing::Above(sizes[below]),
        Some(below) => {
            let share = (threshold - efficiencies[below]) / (efficiencies[below + 1] - efficiencies[below]);
            let (low, high) = (sizes[below].ln(), sizes[below + 1].ln());
            Crossing::At((low + (high - low) * share).exp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_interpolated_on_the_logarithm_or_censored() {
        let sizes = [1.0, 4.0, 16.0];
        // Half-way in efficiency between 4 and 16 is half-way in logarithm: 8.
        let Crossing::At(size) = crossing(&sizes, &[0.1, 0.4, 0.6], 0.5) else { panic!("it crosses") };
        assert!((size - 8.0).abs() < 1e-9, "{size}");
        assert_eq!(crossing(&sizes, &[0.5, 0.7, 0.9], 0.5), Crossing::Below(1.0));
        assert_eq!(crossing(&sizes, &[0.1, 0.2, 0.3], 0.5), Crossing::Above(16.0));
        // A curve that dips again has not arrived before the dip is over.
        assert!(crossing(&sizes, &[0.6, 0.4, 0.6], 0.5).size() > 4.0);
    }
}
