//! From rounds to records.

use crate::Holes;
use crate::engine::{Arm, Measured, Outing, Plan, counts};
use crate::stats::{Bootstrap, Interval, Series, StatsError, estimate, ratio};
use poolproof_harness::record::{CellRecord, SCHEMA};
use poolproof_harness::{Dispatch, Workload};
use std::collections::BTreeMap;
use std::time::Duration;

/// The confidence of every interval of a cell.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// What a cell measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: &'static str,
}

/// Collects the cells of one measured plan.
pub(crate) struct Cells<'a> {
    sweep: &'a str,
    plan: &'a Plan,
    measured: &'a Measured,
    records: Vec<CellRecord>,
    holes: Holes,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(sweep: &'a str, plan: &'a Plan, measured: &'a Measured) -> Self {
        let mut holes = Holes::default();
        for (subject, point, reason) in &measured.failures {
            holes.add(sweep, &plan.subjects[*subject], point, reason);
        }
        Self { sweep, plan, measured, records: Vec::new(), holes }
    }

    pub(crate) fn finish(self) -> (Vec<CellRecord>, Holes) {
        (self.records, self.holes)
    }

    /// The arms with their positions.
    pub(crate) fn arms(&self) -> impl Iterator<Item = (usize, Arm)> + use<'a> {
        self.plan.arms.iter().copied().enumerate()
    }

    pub(crate) fn subjects(&self) -> std::ops::Range<usize> {
        0..self.plan.subjects.len()
    }

    pub(crate) fn address(&self, subject: usize) -> &'a str {
        &self.plan.subjects[subject]
    }

    /// The position of the arm of a subject with this workload and number of workers.
    pub(crate) fn find(&self, subject: usize, workload: Workload, workers: usize) -> Option<usize> {
        self.plan
            .arms
            .iter()
            .position(|arm| arm.subject == subject && arm.spec.workload == workload && arm.workers == workers)
    }

    pub(crate) fn outing(&self, arm: usize) -> &'a Outing {
        &self.measured.outings[arm]
    }

    /// Nanoseconds per task of an arm.
    pub(crate) fn times(&self, arm: usize) -> Series {
        self.measured.outings[arm].ns_per_task()
    }

    /// A bootstrap whose seed depends on the run's and on what is estimated, on nothing else.
    pub(crate) fn bootstrap(&self, arm: usize, metric: &Metric) -> Bootstrap {
        let arm = &self.plan.arms[arm];
        let name = format!("{}/{}/{}/{}", self.sweep, self.plan.subjects[arm.subject], arm.words(), metric.name);
        Bootstrap { confidence: CONFIDENCE, ..Bootstrap::seeded(self.plan.seed ^ fnv(&name)) }
    }

    /// A cell for a function of the time per task of an arm.
    pub(crate) fn of_time(&mut self, arm: usize, metric: Metric, function: impl Fn(f64) -> f64) {
        let interval = estimate(&self.times(arm), &self.bootstrap(arm, &metric)).and_then(|time| time.map(function));
        self.add(arm, metric, interval);
    }

    /// A cell for the time per task of `base` over that of `arm`.
    pub(crate) fn speed_up(&mut self, arm: usize, base: usize, metric: Metric) {
        self.speed_up_share(arm, base, metric, 1.0);
    }

    /// A cell for the time per task of `arm` over that of `base`.
    pub(crate) fn slow_down(&mut self, arm: usize, base: usize, metric: Metric) {
        let interval = ratio(&self.times(arm), &self.times(base), &self.bootstrap(arm, &metric));
        self.add(arm, metric, interval);
    }

    /// A hole for all subjects.
    pub(crate) fn miss_all(&mut self, point: &str, reason: &str) {
        self.holes.add(self.sweep, "all", point, reason);
    }

    /// Whether all launches ran, whatever time that took: not in quick mode.
    pub(crate) fn in_depth(&self) -> bool {
        self.plan.budget.is_none()
    }

    /// The same as [`Self::speed_up`], times a constant.
    pub(crate) fn speed_up_share(&mut self, arm: usize, base: usize, metric: Metric, factor: f64) {
        let interval = ratio(&self.times(base), &self.times(arm), &self.bootstrap(arm, &metric));
        self.add(arm, metric, interval.and_then(|ratio| ratio.map(|value| value * factor)));
    }

    /// A cell for the figures that the procedure noted under `name`, passed through `function`.
    pub(crate) fn of_noted(&mut self, arm: usize, name: &str, metric: Metric, function: impl Fn(f64) -> f64) {
        let Some(noted) = self.measured.outings[arm].noted.get(name) else { return };
        let interval = estimate(noted, &self.bootstrap(arm, &metric)).and_then(|figure| figure.map(function));
        self.add_counted(arm, metric, self.axes(arm), counts(noted), interval);
    }

    /// A cell for `arm`, or a hole. A subject whose failure is on record needs no second hole.
    pub(crate) fn add(&mut self, arm: usize, metric: Metric, interval: Result<Interval, StatsError>) {
        self.add_at(arm, metric, self.axes(arm), interval);
    }

    /// Where an arm stands.
    fn axes(&self, arm: usize) -> BTreeMap<String, f64> {
        let Arm { workers, spec, .. } = self.plan.arms[arm];
        let mut axes = BTreeMap::from([("workers".to_owned(), workers as f64)]);
        match spec.dispatch {
            Dispatch::Map(Some(chunksize)) => drop(axes.insert("chunksize".to_owned(), chunksize as f64)),
            Dispatch::AfterGap(micros) => drop(axes.insert("gap-us".to_owned(), micros as f64)),
            Dispatch::Stamped(period @ 1..) | Dispatch::Bursts(period) => {
                axes.insert("load".to_owned(), offered_load(workers, spec.workload, period));
            }
            _ => {}
        }
        axes
    }

    /// The same, with other axes than the arm's own.
    pub(crate) fn add_at(
        &mut self,
        arm: usize,
        metric: Metric,
        axes: BTreeMap<String, f64>,
        interval: Result<Interval, StatsError>,
    ) {
        self.add_counted(arm, metric, axes, self.measured.outings[arm].counts(), interval);
    }

    fn add_counted(
        &mut self,
        arm: usize,
        metric: Metric,
        axes: BTreeMap<String, f64>,
        (launches, samples): (u32, u32),
        interval: Result<Interval, StatsError>,
    ) {
        let Arm { subject, spec, .. } = self.plan.arms[arm];
        // What is read off several arms would count the rounds of one of them twice.
        let own = axes == self.axes(arm);
        let taint = Some(self.measured.outings[arm].taint).filter(|taint| own && !taint.is_empty());
        match interval {
            Ok(interval) => self.records.push(CellRecord {
                schema: SCHEMA,
                subject: self.plan.subjects[subject].clone(),
                sweep: self.sweep.to_owned(),
                workload: spec.workload.to_string(),
                axes,
                metric: metric.name.to_owned(),
                unit: metric.unit.to_owned(),
                better: metric.better.to_owned(),
                value: interval.value(),
                low: interval.low(),
                high: interval.high(),
                confidence: CONFIDENCE,
                launches,
                samples,
                taint,
            }),
            Err(error) => {
                if !self.measured.failures.iter().any(|(failed, ..)| *failed == subject) {
                    let point = format!("{}: {}", self.plan.arms[arm].words(), metric.name);
                    self.holes.add(self.sweep, &self.plan.subjects[subject], &point, error);
                }
            }
        }
    }
}

/// The work that comes in over the work that so many workers can do at best, as a share.
fn offered_load(workers: usize, workload: Workload, period: u64) -> f64 {
    let a_second = Plan::tasks_for(workload, Duration::from_secs(1), Duration::ZERO);
    let each = 1e9 / a_second as f64;
    (each / (workers as f64 * period as f64) * 100.0).round() / 100.0
}

/// A hash that is the same in every version and on every machine (FNV-1a).
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
