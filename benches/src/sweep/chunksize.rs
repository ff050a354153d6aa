//! Which chunksize: time per item of a map by chunksize, threads beside processes.
//!
//! * `time-per-item` = time of the whole map over its number of items, ns;
//! * `speed-up` = time per item at chunksize 1 over that at this chunksize;
//! * `round-trips` = messages to workers and back per item, for executors that count them; value and
//!   range over the launches;
//! * `best-chunksize` = the chunksize with the least time per item, among those measured;
//! * `plateau-from`, `plateau-to` = the smallest and the largest chunksize whose time per item is
//!   within [`PLATEAU`] of the least;
//! * `regret-of-one`, `regret-of-quarter`, `regret-of-whole` = time per item at the chunksizes that
//!   executors take by themselves, 1 (`concurrent.futures`), N / (4 W) (`multiprocessing.Pool`) and
//!   N / W (an equal share for each worker), over that at the best one.
//!
//! The intervals of the last six come from the same bootstrap as all others: the launches and
//! rounds are resampled, and the answer is read off each resample.

use super::workers::SERIAL;
use super::{Cells, Definition, Metric, SweepOptions};
use crate::engine::{Arm, Outing, Plan};
use crate::stats::{Interval, Series, StatsError, distribution, geometric_mean, median};
use poolproof_harness::{Dispatch, RoundSpec, Workload};
use std::collections::BTreeMap;
use std::time::Duration;

/// How much slower than the best a chunksize of the plateau may be.
const PLATEAU: f64 = 0.05;

/// Items of a map: enough that 128 of them a chunk still leave work for four workers.
const ITEMS: usize = 512;

/// Items that take equally long, and in full also laws under which the last chunk decides: a heavy
/// tail, and the longest items first.
fn workloads(options: &SweepOptions) -> Vec<Workload> {
    let unequal = [Workload::Pareto(10), Workload::Descending(10)];
    let unequal = unequal.into_iter().filter(|_| !options.quick);
    std::iter::once(Workload::Cpu(10)).chain(unequal).collect()
}

/// The chunksizes that executors take by themselves, for `ITEMS` items and so many workers.
fn defaults(workers: usize) -> [(Metric, usize); 3] {
    [(OF_ONE, 1), (OF_QUARTER, ITEMS.div_ceil(4 * workers)), (OF_WHOLE, ITEMS.div_ceil(workers))]
}

const TIME: Metric = Metric { name: "time-per-item", unit: "ns", better: "lower" };
const SPEED_UP: Metric = Metric { name: "speed-up", unit: "x", better: "higher" };
const ROUND_TRIPS: Metric = Metric { name: "round-trips", unit: "round trips/item", better: "lower" };
const BEST: Metric = Metric { name: "best-chunksize", unit: "items", better: "none" };
const FROM: Metric = Metric { name: "plateau-from", unit: "items", better: "none" };
const TO: Metric = Metric { name: "plateau-to", unit: "items", better: "none" };

const OF_ONE: Metric = Metric { name: "regret-of-one", unit: "x", better: "lower" };
const OF_QUARTER: Metric = Metric { name: "regret-of-quarter", unit: "x", better: "lower" };
const OF_WHOLE: Metric = Metric { name: "regret-of-whole", unit: "x", better: "lower" };

pub(super) struct Chunksize;

impl Definition for Chunksize {
    fn plan(&self, subjects: &[String], options: &SweepOptions) -> Plan {
        // Generous, because one item at a time is what makes process executors slow.
        let round = Duration::from_millis(if options.quick { 40 } else { 80 });
        let workers = options.one_per_core();
        let step = if options.quick { 8 } else { 2 };
        let most = ITEMS / workers.max(4);
        let mut chunksizes: Vec<usize> =
            std::iter::successors(Some(1), |size| Some(size * step)).take_while(|&size| size <= most).collect();
        chunksizes.extend(defaults(workers).map(|(_, size)| size));
        chunksizes.sort_unstable();
        chunksizes.dedup();
        let mut arms = Vec::new();
        for (subject, address) in subjects.iter().enumerate() {
            let workers = if address == SERIAL { 1 } else { workers };
            for workload in workloads(options) {
                for &chunksize in &chunksizes {
                    let dispatch = Dispatch::Map(Some(chunksize));
                    let spec = RoundSpec { workload, tasks: ITEMS as u64, dispatch, port: 0 };
                    arms.push(Arm { subject, workers, spec });
                }
            }
        }
        Plan { count_round_trips: true, ..options.plan(subjects, arms, round) }
    }

    fn cells(&self, cells: &mut Cells<'_>) {
        for (arm, Arm { subject, spec, .. }) in cells.arms() {
            cells.of_time(arm, TIME, |nanoseconds| nanoseconds);
            if let Some(round_trips) = round_trips(cells.outing(arm)) {
                cells.add(arm, ROUND_TRIPS, round_trips);
            }
            let one = Dispatch::Map(Some(1));
            let same = |arm: &Arm| arm.subject == subject && arm.spec.workload == spec.workload;
            let base = cells.arms().find(|(_, arm)| same(arm) && arm.spec.dispatch == one);
            if let Some((base, _)) = base.filter(|_| spec.dispatch != one) {
                cells.speed_up(arm, base, SPEED_UP);
            }
        }
        let mut summarised = Vec::new();
        for (_, Arm { subject, spec, .. }) in cells.arms() {
            if !summarised.contains(&(subject, spec.workload)) {
                summarised.push((subject, spec.workload));
            }
        }
        for (subject, workload) in summarised {
            summarise(cells, subject, workload);
        }
    }
}

/// Round trips per item, where they are counted.
fn round_trips(outing: &Outing) -> Option<Result<Interval, StatsError>> {
    let per_item = |&count: &u64| count as f64 / outing.tasks.max(1) as f64;
    let each: Vec<f64> = outing.round_trips.iter().map(per_item).collect();
    let low = each.iter().copied().reduce(f64::min)?;
    let high = each.iter().copied().reduce(f64::max)?;
    Some(median(&each).and_then(|value| Interval::new(value, low, high)))
}

/// Best chunksize and plateau of one subject for one workload.
fn summarise(cells: &mut Cells<'_>, subject: usize, workload: Workload) {
    let swept = cells.arms().filter(|(_, arm)| arm.subject == subject && arm.spec.workload == workload);
    let swept: Vec<(usize, Arm)> = swept.collect();
    let Some(&(first, Arm { workers, .. })) = swept.first() else { return };
    let sizes: Vec<f64> = swept
        .iter()
        .filter_map(|(_, arm)| match arm.spec.dispatch {
            Dispatch::Map(Some(chunksize)) => Some(chunksize as f64),
            _ => None,
        })
        .collect();
    let times: Vec<Series> = swept.iter().map(|&(arm, _)| cells.times(arm)).collect();
    let series: Vec<&Series> = times.iter().collect();
    let defaults = defaults(workers);
    let regrets =
        defaults.iter().map(|(metric, size)| (*metric, sizes.iter().position(|&swept| swept == *size as f64)));
    // Who has one worker has no use for chunks, and no default to regret.
    let regrets = regrets.filter(|_| workers > 1);
    for (metric, default) in [BEST, FROM, TO].into_iter().map(|metric| (metric, None)).chain(regrets) {
        let read = |medians: &[Vec<f64>]| -> Result<f64, StatsError> {
            let times: Vec<f64> = medians.iter().map(|launches| geometric_mean(launches)).collect::<Result<_, _>>()?;
            let least = times.iter().copied().fold(f64::INFINITY, f64::min);
            if let Some(default) = default {
                return Ok(times[default] / least);
            }
            let mut plateau =
                sizes.iter().zip(&times).filter(|&(_, &time)| time <= least * (1.0 + PLATEAU)).map(|(&size, _)| size);
            let found = match metric.name {
                name if name == FROM.name => plateau.next(),
                name if name == TO.name => plateau.next_back(),
                _ => sizes.iter().zip(&times).find(|&(_, &time)| time <= least).map(|(&size, _)| size),
            };
            found.ok_or(StatsError::TooFew { have: 0, need: 1 })
        };
        let interval = distribution(&series, &cells.bootstrap(first, &metric), read);
        let axes = BTreeMap::from([("workers".to_owned(), workers as f64)]);
        cells.add_at(first, metric, axes, interval);
    }
}
