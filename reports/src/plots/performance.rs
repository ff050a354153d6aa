//! A performance profile: how often each subject is the best, or within a factor of it.
//!
//! E. D. Dolan and J. J. Moré, *Benchmarking optimization software with performance profiles*,
//! Mathematical Programming 91, 2002: one curve for each subject over all points that were measured.

use super::curves::{MOST, figure};
use super::{Figure, lines};
use crate::run::Run;
use crate::tables::{Better, Quantity, Standing, Standings, over, sweep_names};
use poolproof_harness::record::CellRecord;
use std::collections::{BTreeMap, HashMap};

/// The factors at which the curves are read.
const FACTORS: [f64; 11] = [1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// Points of fewer subjects than this compare nobody.
const LEAST: usize = 2;

/// The figures of one point of a sweep, by subject; in an order, so that of two best ones it is always the same that counts.
type Point<'a> = BTreeMap<&'a str, Quantity>;

/// The profile of a run, if at least two subjects were measured at the same points.
pub(super) fn profile(run: &Run, order: &[&str], standings: &Standings<'_>) -> Vec<Figure> {
    let keeps = |subject: &str| standings.standing(subject) == Standing::Keeps;
    let anybody = order.iter().any(|subject| keeps(subject));
    // Where nobody is ranked, the best of all is what there is to compare with.
    let ranked = |subject: &str| !anybody || keeps(subject);
    // How often each subject's cost, and either end of its interval, is within each factor.
    let mut within: HashMap<&str, Vec<[u64; 3]>> = HashMap::new();
    let mut all = 0.0;
    for (better, point) in points(run) {
        let best = point
            .iter()
            .filter(|(subject, _)| ranked(subject))
            .map(|(_, figure)| figure)
            .min_by(|a, b| cost(better, a).total_cmp(&cost(better, b)));
        let Some(best) = best.filter(|_| point.len() >= LEAST) else { continue };
        all += 1.0;
        for (subject, figure) in &point {
            let ratio = if std::ptr::eq(best, figure) { Some(one()) } else { ratio(better, figure, best) };
            let Some(ratio) = ratio else { continue };
            let counts = within.entry(*subject).or_insert_with(|| vec![[0; 3]; FACTORS.len()]);
            for (counts, factor) in counts.iter_mut().zip(FACTORS) {
                for (count, end) in counts.iter_mut().zip([ratio.value, ratio.high, ratio.low]) {
                    *count += u64::from(end <= factor);
                }
            }
        }
    }
    let last = FACTORS
        .iter()
        .enumerate()
        .position(|(place, _)| within.values().all(|counts| counts[place] == counts[FACTORS.len() - 1]))
        .map_or(FACTORS.len(), |place| place + 1)
        .max(2);
    let series: Vec<lines::Series> = order
        .iter()
        .enumerate()
        .filter_map(|(look, &subject)| {
            let counts = within.get(subject)?;
            let share = |count: u64| count as f64 / all;
            let points = FACTORS.into_iter().zip(counts).take(last);
            let points = points.map(|(factor, &[value, low, high])| {
                let (value, low, high) = (share(value), share(low), share(high));
                (factor, Quantity { value, low, high, unit: "share".into() })
            });
            let name = format!("{subject} {}", standings.mark(subject)).trim_end().to_owned();
            Some(lines::Series { name, look, points: points.collect() })
        })
        .take(MOST)
        .collect();
    if series.len() < LEAST {
        return Vec::new();
    }
    let up = format!("share of {all} points within the factor");
    let across = if anybody { "factor; over the best that is ranked" } else { "factor; over the best" };
    let chart = lines::Chart { across, up: &up, label: |factor| format!("{factor}×"), ..lines::Chart::of(&series) };
    figure("performance profile", &chart).into_iter().collect()
}

/// Every point of a sweep at which times or rates were measured, with the last figure of each subject.
/// What a subject has over itself, or what sums a sweep up, is no cost, and processor time is counted elsewhere.
fn points(run: &Run) -> impl Iterator<Item = (Better, Point<'_>)> {
    let sweeps = sweep_names(run);
    let timed = |cell: &&CellRecord| {
        let summary = ["metg-", "break-even", "cpu-per-task"].iter().any(|known| cell.metric.starts_with(known));
        let unit = ["ns", "us", "µs", "ms", "s"].contains(&cell.unit.as_str()) || cell.unit.ends_with("/s");
        unit && !summary && Better::of(&cell.better) != Better::Neither && sweeps.contains(&cell.sweep.as_str())
    };
    let mut points: BTreeMap<String, (Better, Point<'_>)> = BTreeMap::new();
    for cell in run.cells.iter().filter(timed) {
        // How a figure was taken is no place.
        let axes: Vec<_> = cell.axes.iter().filter(|(name, _)| !["tasks", "rounds"].contains(&name.as_str())).collect();
        let place = format!("{} {} {} {} {axes:?}", cell.sweep, cell.workload, cell.metric, cell.unit);
        let point = points.entry(place).or_insert_with(|| (Better::of(&cell.better), Point::new()));
        point.1.insert(&cell.subject, Quantity::from(cell));
    }
    points.into_values()
}

fn one() -> Quantity {
    Quantity { value: 1.0, low: 1.0, high: 1.0, unit: "x".into() }
}

fn cost(better: Better, figure: &Quantity) -> f64 {
    let usable = figure.value.is_finite() && figure.value > 0.0;
    match better {
        _ if !usable => f64::INFINITY,
        Better::Higher => 1.0 / figure.value,
        _ => figure.value,
    }
}

fn ratio(better: Better, own: &Quantity, best: &Quantity) -> Option<Quantity> {
    if better == Better::Higher { over(best, own) } else { over(own, best) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, verdict};
    use poolproof_harness::Verdict;
    use poolproof_harness::record::Record;

    fn all(run: &Run) -> Vec<Figure> {
        profile(run, &run.addresses(), &Standings::of(run))
    }

    fn shares(run: &Run) -> Vec<(String, Vec<String>)> {
        let figures = all(run);
        let table = &figures[0].table;
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for row in &table.rows {
            let (name, figure) = (row.cells[0].plain(), row.cells[2].plain());
            match found.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1.push(figure),
                None => found.push((name, vec![figure])),
            }
        }
        found
    }

    fn measured(subject: &str, place: f64, metric: &str, value: f64) -> Record {
        let mut cell = cell(subject, "workers", "empty", ("workers", place), metric, value);
        (cell.low, cell.high) = (value, value);
        Record::Cell(cell)
    }

    #[test]
    fn curves_count_how_often_a_subject_is_within_a_factor() {
        let run = Run::of(vec![
            measured("a", 1.0, "throughput", 100.0),
            measured("b", 1.0, "throughput", 50.0),
            measured("a", 1.0, "start-first", 30.0),
            measured("b", 1.0, "start-first", 10.0),
            // Only one was measured here: nothing to compare.
            measured("a", 2.0, "throughput", 7.0),
            // b could not be measured here, which counts against it everywhere.
            measured("a", 4.0, "throughput", 7.0),
            measured("c", 4.0, "throughput", 7.0),
        ]);
        let found = shares(&run);
        let at = |subject: usize, factor: f64| {
            let place = FACTORS.iter().position(|known| *known == factor).expect("it is a factor");
            found[subject].1[place].clone()
        };
        assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("a", "b"));
        assert_eq!([at(0, 1.0), at(0, 2.0), at(0, 3.0)], ["66.7 %", "66.7 %", "100 %"]);
        assert_eq!([at(1, 1.0), at(1, 1.5), at(1, 2.0)], ["33.3 %", "33.3 %", "66.7 %"]);
        assert!(all(&run)[0].svg.contains("share of 3 points"));
    }

    #[test]
    fn who_breaks_a_must_sets_no_mark_for_others() {
        let run = Run::of(vec![
            Record::Verdict(verdict("slow", "MAP-001", Verdict::Conforms)),
            Record::Verdict(verdict("sloppy", "MAP-001", Verdict::Violates)),
            measured("slow", 1.0, "throughput", 50.0),
            measured("sloppy", 1.0, "throughput", 100.0),
        ]);
        let found = shares(&run);
        assert_eq!((found[0].0.as_str(), found[0].1[0].as_str()), ("slow", "100 %"));
        assert_eq!(found[1].0, "sloppy †");
    }
}
