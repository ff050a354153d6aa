//! Which figures are better or worse than they were.

use crate::run::Run;
use crate::tables::{Quantity, difference, over};
use poolproof_benches::self_check::SELF_CHECK;
use poolproof_benches::stats::{Conclusion, holm};
use poolproof_harness::record::CellRecord;
use std::collections::HashMap;

/// How often all claims of one comparison together may be wrong, where nothing changed.
const LEVEL: f64 = 0.05;

/// One figure of both runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The measurement now.
    pub cell: CellRecord,
    /// What it was.
    pub before: Quantity,
    /// What it is.
    pub after: Quantity,
    /// What it costs now over what it cost: above 1 is worse, whichever way the metric points.
    pub cost: Quantity,
    /// What the engine concludes of the run, over all figures.
    pub conclusion: Conclusion,
}

/// All figures that both runs have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shifts {
    /// They, the clearest difference first.
    pub shifts: Vec<Shift>,
    /// How far a subject may seem to differ from itself, as the comparisons of both runs found.
    pub noise_floor: f64,
    /// How many figures only one of the two has.
    pub unmatched: usize,
}

/// Compares the figures that both runs have, with the engine's four conclusions.
///
/// A figure is called faster or slower if the interval of the ratio excludes 1, the ratio lies
/// beyond the noise floor of both runs and beyond the margin, and the difference stands after Holm's
/// correction over all figures; two runs have hundreds of them, of which some differ by chance.
#[must_use]
pub fn shifts(before: &Run, after: &Run) -> Shifts {
    let key =
        |cell: &CellRecord| format!("{:?}", (&cell.subject, &cell.sweep, &cell.workload, &cell.metric, &cell.axes));
    // A figure that was measured again replaces the one before.
    let of = |run: &Run| -> HashMap<String, CellRecord> {
        let judged = |cell: &&CellRecord| cell.sweep != SELF_CHECK && matches!(&*cell.better, "higher" | "lower");
        run.cells.iter().filter(judged).map(|cell| (key(cell), cell.clone())).collect()
    };
    let (old, new) = (of(before), of(after));
    let floors = before.comparisons.iter().chain(&after.comparisons).map(|comparison| comparison.noise_floor);
    let noise_floor = floors.filter(|floor| floor.is_finite()).fold(0.0, f64::max);
    let mut found: Vec<(f64, Shift)> = Vec::new();
    for (key, cell) in &new {
        let Some(old) = old.get(key).filter(|old| old.unit == cell.unit) else { continue };
        let (before, after) = (Quantity::from(old), Quantity::from(cell));
        let cost = if cell.better == "higher" { over(&before, &after) } else { over(&after, &before) };
        let Some(cost) = cost else { continue };
        let Some((conclusion, p)) = difference(&cost, noise_floor) else { continue };
        found.push((p, Shift { cell: cell.clone(), before, after, cost, conclusion }));
    }
    // The clearest difference first; far out all p-values are 0, and the size decides.
    let size = |shift: &Shift| shift.cost.value.ln().abs();
    found.sort_by(|a, b| {
        let by_size = || size(&b.1).total_cmp(&size(&a.1));
        a.0.total_cmp(&b.0).then_with(by_size).then_with(|| key(&a.1.cell).cmp(&key(&b.1.cell)))
    });
    keep_what_stands(&mut found);
    let unmatched = old.keys().filter(|key| !new.contains_key(*key)).count()
        + new.keys().filter(|key| !old.contains_key(*key)).count();
    Shifts { shifts: found.into_iter().map(|(_, shift)| shift).collect(), noise_floor, unmatched }
}

/// Takes back the claims that do not stand together with all others.
fn keep_what_stands(found: &mut [(f64, Shift)]) {
    let p_values: Vec<f64> = found.iter().map(|(p, _)| *p).collect();
    for ((_, shift), stands) in found.iter_mut().zip(holm(&p_values, LEVEL)) {
        if !stands && matches!(shift.conclusion, Conclusion::Faster | Conclusion::Slower) {
            shift.conclusion = Conclusion::Unclear;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    fn run(figures: &[(&str, f64, f64)]) -> Run {
        let of = |&(metric, value, share): &(&str, f64, f64)| {
            let mut cell = cell("thread", "workers", "empty", ("workers", 1.0), metric, value);
            (cell.low, cell.high) = (value * (1.0 - share), value * (1.0 + share));
            Record::Cell(cell)
        };
        Run::of(figures.iter().map(of).collect())
    }

    fn conclusion(shifts: &Shifts, metric: &str) -> Option<Conclusion> {
        shifts.shifts.iter().find(|shift| shift.cell.metric == metric).map(|shift| shift.conclusion)
    }

    #[test]
    fn worse_is_worse_whichever_way_the_metric_points() {
        let before =
            run(&[("throughput", 100.0, 0.02), ("p50", 100.0, 0.02), ("p99", 100.0, 0.3), ("same", 10.0, 0.01)]);
        let after = run(&[("throughput", 50.0, 0.02), ("p50", 50.0, 0.02), ("p99", 140.0, 0.3), ("same", 10.1, 0.01)]);
        let found = shifts(&before, &after);
        assert_eq!(conclusion(&found, "throughput"), Some(Conclusion::Slower));
        assert_eq!(conclusion(&found, "p50"), Some(Conclusion::Faster));
        assert_eq!(conclusion(&found, "p99"), Some(Conclusion::Unclear));
        assert_eq!(conclusion(&found, "same"), Some(Conclusion::Equivalent));
        assert_eq!(found.shifts.len(), 4);
    }

    #[test]
    fn what_one_figure_shows_may_be_chance_among_hundreds() {
        // 2.2 standard errors: a difference on its own, and none among two hundred others.
        let share = 0.15 * 1.959_964 / (2.2 * std::f64::consts::SQRT_2);
        let alone = shifts(&run(&[("x", 100.0, share)]), &run(&[("x", 116.2, share)]));
        assert_eq!(alone.shifts[0].conclusion, Conclusion::Slower);
        let names: Vec<String> = (0..200).map(|number| format!("m{number}")).collect();
        let with_others = |value: f64| {
            let mut figures = vec![("x", value, share)];
            figures.extend(names.iter().map(|name| (name.as_str(), 100.0, 0.01)));
            run(&figures)
        };
        let found = shifts(&with_others(100.0), &with_others(116.2));
        assert_eq!(conclusion(&found, "x"), Some(Conclusion::Unclear));
    }
}
