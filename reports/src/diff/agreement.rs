//! Whether two runs would have told the same: the instrument's repeatability, if nothing changed in between.

use crate::run::Run;
use crate::tables::{Quantity, difference, over};
use poolproof_benches::self_check::SELF_CHECK;
use poolproof_benches::stats::Conclusion;
use poolproof_harness::record::CellRecord;
use std::collections::{BTreeMap, HashMap};

/// How far two runs agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// How many figures both runs have.
    pub figures: usize,
    /// Of how many of them the intervals overlap.
    pub overlapping: usize,
    /// How often one subject is called faster or slower than another by both runs, at the same place.
    pub claims: usize,
    /// In which of these cases one run calls faster what the other calls slower: the place and the two subjects.
    pub flips: Vec<String>,
}

impl Agreement {
    /// In a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!(
            "Agreement: {} of {} intervals overlap ({:.1} %); of {} differences between two subjects that both runs claim, \
             {} point the other way.",
            self.overlapping,
            self.figures,
            self.overlapping as f64 / self.figures.max(1) as f64 * 100.0,
            self.claims,
            self.flips.len()
        )
    }
}

/// How far the two runs agree, figure by figure and pair of subjects by pair of subjects.
#[must_use]
pub fn agreement(before: &Run, after: &Run) -> Agreement {
    let (old, new) = (places(before), places(after));
    let mut found = Agreement::default();
    for (place, figures) in &new {
        let Some(earlier) = old.get(place) else { continue };
        let both: Vec<(&str, &CellRecord, &CellRecord)> = figures
            .iter()
            .filter_map(|(subject, now)| Some((*subject, *earlier.get(subject)?, *now)))
            .filter(|(_, then, now)| then.unit == now.unit)
            .collect();
        found.figures += both.len();
        found.overlapping += both.iter().filter(|(_, then, now)| then.low <= now.high && now.low <= then.high).count();
        for (position, (one, one_then, one_now)) in both.iter().enumerate() {
            for (other, other_then, other_now) in &both[position + 1..] {
                let (then, now) = (claim(one_then, other_then), claim(one_now, other_now));
                let (Some(then), Some(now)) = (then, now) else { continue };
                found.claims += 1;
                if then != now {
                    found.flips.push(format!("{place}: {one} and {other}"));
                }
            }
        }
    }
    found
}

/// The figures of each place by subject. A figure that was measured again replaces the one before.
fn places(run: &Run) -> BTreeMap<String, HashMap<&str, &CellRecord>> {
    let mut places: BTreeMap<String, HashMap<&str, &CellRecord>> = BTreeMap::new();
    let judged = |cell: &&CellRecord| cell.sweep != SELF_CHECK && matches!(&*cell.better, "higher" | "lower");
    for cell in run.cells.iter().filter(judged) {
        let axes: Vec<String> = cell.axes.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let place = format!("{}, {} of {}, {}", cell.sweep, cell.metric, cell.workload, axes.join(", "));
        places.entry(place).or_default().insert(&cell.subject, cell);
    }
    places
}

/// Whether one figure is clearly larger or clearly smaller than another; `None` if neither.
fn claim(one: &CellRecord, other: &CellRecord) -> Option<Conclusion> {
    let ratio = over(&Quantity::from(one), &Quantity::from(other))?;
    let (conclusion, _) = difference(&ratio, 0.0)?;
    matches!(conclusion, Conclusion::Faster | Conclusion::Slower).then_some(conclusion)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    fn run(figures: &[(&str, f64)]) -> Run {
        let of = |&(subject, value): &(&str, f64)| {
            let mut cell = cell(subject, "workers", "empty", ("workers", 1.0), "throughput", value);
            (cell.low, cell.high) = (value * 0.9, value * 1.1);
            Record::Cell(cell)
        };
        Run::of(figures.iter().map(of).collect())
    }

    #[test]
    fn overlaps_and_claims_are_counted_where_both_runs_have_a_figure() {
        let before = run(&[("a", 100.0), ("b", 200.0), ("c", 205.0), ("gone", 1.0)]);
        let after = run(&[("a", 110.0), ("b", 300.0), ("c", 210.0), ("new", 1.0)]);
        let found = agreement(&before, &after);
        // b moved from 180..220 to 270..330. a is below b and below c in both; b and c differ in the second only.
        assert_eq!((found.figures, found.overlapping, found.claims, found.flips.len()), (3, 2, 2, 0));
        assert!(found.in_words().contains("2 of 3 intervals overlap (66.7 %)"), "{}", found.in_words());
    }

    #[test]
    fn what_is_turned_round_is_named() {
        let found = agreement(&run(&[("a", 100.0), ("b", 200.0)]), &run(&[("a", 200.0), ("b", 100.0)]));
        assert_eq!((found.claims, found.overlapping), (1, 0));
        assert_eq!(found.flips.len(), 1);
        assert!(found.flips[0].contains("throughput of empty, workers 1: "), "{:?}", found.flips);
    }

    #[test]
    fn nothing_in_common_agrees_in_nothing() {
        let found = agreement(&run(&[("a", 1.0)]), &run(&[("b", 1.0)]));
        assert_eq!(found, Agreement::default());
    }
}
