//! The law behind the curve of throughput by workers.

use super::options::cores;
use super::{Cells, Metric};
use crate::engine::Arm;
use crate::stats::{LEAST_POINTS, Law, Scalability, Series, StatsError, distribution, geometric_mean, scalability};
use poolproof_harness::Workload;
use std::collections::BTreeMap;

const CONTENTION: Metric = Metric { name: "contention", unit: "share", better: "lower" };
const COHERENCE: Metric = Metric { name: "coherence", unit: "share", better: "lower" };
const PEAK: Metric = Metric { name: "peak-workers", unit: "workers", better: "none" };

/// Cells for the constants of each subject's curve of `workload`, over the numbers of workers that
/// have a core each: beyond them the machine bends the curve, not the executor. One hole says so
/// where they are too few for a law.
pub(super) fn cells(cells: &mut Cells<'_>, workload: Workload) {
    let mut most = 0;
    for subject in cells.subjects() {
        let swept: Vec<(usize, Arm)> = cells
            .arms()
            .filter(|(_, arm)| arm.subject == subject && arm.spec.workload == workload && arm.workers <= cores())
            .collect();
        most = most.max(swept.len());
        if swept.len() >= LEAST_POINTS {
            of_subject(cells, &swept);
        }
    }
    if most < LEAST_POINTS {
        cells.miss_all(
            &format!("{workload}: contention, coherence"),
            &format!(
                "not identifiable: the law of scalability needs {LEAST_POINTS} numbers of workers with a core for each, \
                 and there are {most}"
            ),
        );
    }
}

fn of_subject(cells: &mut Cells<'_>, swept: &[(usize, Arm)]) {
    let times: Vec<Series> = swept.iter().map(|&(arm, _)| cells.times(arm)).collect();
    let series: Vec<&Series> = times.iter().collect();
    let fit = |medians: &[Vec<f64>]| -> Result<Scalability, StatsError> {
        let points: Result<Vec<(f64, f64)>, StatsError> = (swept.iter().zip(medians))
            .map(|((_, arm), launches)| Ok((arm.workers as f64, 1.0 / geometric_mean(launches)?)))
            .collect();
        scalability(&points?)
    };
    let Some(&(first, _)) = swept.first() else { return };
    let place = BTreeMap::new;
    for metric in [CONTENTION, COHERENCE] {
        let read = |medians: &[Vec<f64>]| {
            fit(medians).map(|law| if metric.name == CONTENTION.name { law.contention } else { law.coherence })
        };
        let interval = distribution(&series, &cells.bootstrap(first, &metric), read);
        cells.add_at(first, metric, place(), interval);
    }
    // A law without a peak in some resamples has no interval of it.
    let read = |medians: &[Vec<f64>]| {
        let law = fit(medians)?;
        law.peak().filter(|_| law.law == Law::Universal).ok_or(StatsError::NotFinite)
    };
    if let Ok(peak) = distribution(&series, &cells.bootstrap(first, &PEAK), read) {
        cells.add_at(first, PEAK, place(), Ok(peak));
    }
}
