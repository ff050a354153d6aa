//! Latency spectra: how long the slowest tasks take, percentile by percentile.

use super::curves::{MOST, figure};
use super::{Figure, lines};
use crate::run::Run;
use crate::tables::Quantity;
use std::collections::BTreeMap;

/// Figures by percentile, of each subject.
type Spectrum<'a> = BTreeMap<&'a str, Vec<(f64, Quantity)>>;

/// One plot for each workload and each metric that has several percentiles (`round-trip-p50`,
/// `round-trip-p99` ...), of any sweep that has only those.
pub(super) fn spectra(run: &Run, order: &[&str]) -> Vec<Figure> {
    let mut groups: BTreeMap<(&str, &str, &str), Spectrum<'_>> = BTreeMap::new();
    for cell in run.cells.iter().filter(|cell| cell.sweep == "latency") {
        let Some((metric, percentile)) = percentile(&cell.metric) else { continue };
        let key = (cell.sweep.as_str(), cell.workload.as_str(), metric);
        let points = groups.entry(key).or_default().entry(&cell.subject).or_default();
        let place = nines(percentile);
        points.retain(|point| point.0 != place);
        points.push((place, Quantity::from(cell)));
    }
    let mut figures = Vec::new();
    for ((_, workload, metric), by_subject) in groups {
        let mut series: Vec<lines::Series> = by_subject
            .into_iter()
            .map(|(subject, mut points)| {
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                let look = order.iter().position(|known| *known == subject).unwrap_or(0);
                lines::Series { name: subject.to_owned(), look, points }
            })
            .collect();
        series.sort_by_key(|curve| curve.look);
        series.truncate(MOST);
        if series.iter().all(|curve| curve.points.len() < 2) {
            continue;
        }
        let title = format!("{metric} of {workload} by percentile");
        let chart = lines::Chart { across: "percentile", up: metric, log: true, label, ..lines::Chart::of(&series) };
        figures.extend(figure(&title, &chart));
    }
    figures
}

/// `round-trip-p99.9` as `round-trip` and 99.9.
fn percentile(metric: &str) -> Option<(&str, f64)> {
    let (name, percentile) = metric.rsplit_once("-p")?;
    let percentile: f64 = percentile.parse().ok()?;
    (0.0..100.0).contains(&percentile).then_some((name, percentile))
}

/// Where a percentile lies: one task of so many is slower. Each further nine is one step.
fn nines(percentile: f64) -> f64 {
    100.0 / (100.0 - percentile)
}

/// The percentile that lies at a place.
fn label(place: f64) -> String {
    format!("p{}", ((100.0 - 100.0 / place) * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_read_and_written() {
        for (metric, percentile_of) in [("round-trip-p50", 50.0), ("submit-p99.9", 99.9), ("x-p99.99", 99.99)] {
            let (_, found) = percentile(metric).expect("a percentile");
            assert_eq!(found, percentile_of);
            assert_eq!(format!("-{}", label(nines(found))), metric[metric.rfind("-p").expect("it has one")..]);
        }
        assert!(
            percentile("throughput").is_none() && percentile("best-pick").is_none() && percentile("x-p100").is_none()
        );
    }
}
