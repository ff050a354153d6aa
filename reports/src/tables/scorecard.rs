//! The scorecard: each subject in one row, conformance first, with letters for what cannot be told
//! apart.

use super::conformance::kept;
use super::{Better, Cell, Column, Quantity, Row, Standing, Standings, Table, Trace, letters};
use crate::run::Run;
use poolproof_harness::record::CellRecord;
use std::collections::HashMap;

/// Which measurement of a subject a column shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub(super) head: &'static str,
    sweep: &'static str,
    /// The names of the metric, the first that was measured; a name followed by `-` stands for all
    /// that begin so.
    metrics: &'static [&'static str],
    /// What the workload begins with.
    workload: &'static str,
    point: Point,
}

/// Which point of a sweep.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// Where the figure is best.
    Best,
    /// Where the axis is largest.
    Most(&'static str),
}

const fn pick(
    head: &'static str,
    sweep: &'static str,
    metrics: &'static [&'static str],
    workload: &'static str,
    point: Point,
) -> Pick {
    Pick { head, sweep, metrics, workload, point }
}

/// The columns, in order; one without any figure in a run is left out.
pub(super) const PICKS: [Pick; 11] = [
    pick("METG(50 %)", "granularity", &["metg-50", "metg-50-"], "", Point::Best),
    pick("round trip p50", "latency", &["round-trip-p50"], "", Point::Best),
    pick("round trip p99", "latency", &["round-trip-p99"], "", Point::Best),
    pick("throughput", "workers", &["throughput"], "", Point::Best),
    pick("speed-up", "workers", &["speed-up-over-serial", "speed-up"], "", Point::Best),
    pick("I/O speed-up", "io-cpu", &["speed-up"], "sleep", Point::Most("workers")),
    pick("CPU per task", "workers", &["cpu-per-task"], "", Point::Most("workers")),
    pick("idle CPU", "idle", &["cpu-share"], "", Point::Most("gap-us")),
    pick("wake-up", "idle", &["wake-up-p50"], "", Point::Most("gap-us")),
    pick("start", "lifecycle", &["start-first"], "", Point::Most("workers")),
    pick("memory per pending task", "memory", &["memory-per-pending-task"], "", Point::Best),
];

impl Pick {
    /// The measurements of this column, one for each subject that has one.
    pub(super) fn cells<'a>(&self, run: &'a Run) -> Vec<&'a CellRecord> {
        let named = |name: &&str, cell: &CellRecord| {
            if name.ends_with('-') { cell.metric.starts_with(*name) } else { cell.metric == **name }
        };
        let of = |cell: &&CellRecord| cell.sweep == self.sweep && cell.workload.starts_with(self.workload);
        let all: Vec<&CellRecord> = run.cells.iter().filter(of).collect();
        let mut found: Vec<&CellRecord> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for name in self.metrics {
            let before = found.len();
            for cell in all.iter().filter(|cell| named(name, cell)) {
                match places.get(cell.subject.as_str()) {
                    // Found under a name that comes first.
                    Some(&place) if place < before => {}
                    Some(&place) if self.prefers(cell, found[place]) => found[place] = cell,
                    Some(_) => {}
                    None => {
                        places.insert(&cell.subject, found.len());
                        found.push(cell);
                    }
                }
            }
            // Another name is another metric, unless it is the same one with a word about its end.
            if !found.is_empty() && self.sweep != "granularity" {
                break;
            }
        }
        found
    }

    fn prefers(&self, one: &CellRecord, other: &CellRecord) -> bool {
        match self.point {
            Point::Most(axis) => one.axes.get(axis) >= other.axes.get(axis),
            Point::Best if one.better == "higher" => one.value > other.value,
            Point::Best => one.value < other.value,
        }
    }
}

/// One row for each subject that was checked or measured: who keeps every MUST first.
#[must_use]
pub fn scorecard(run: &Run, standings: &Standings<'_>) -> Table {
    let picked: Vec<(Pick, Vec<&CellRecord>)> =
        PICKS.iter().map(|pick| (*pick, pick.cells(run))).filter(|(_, cells)| !cells.is_empty()).collect();
    let mut columns = vec![Column::left("subject")];
    columns.extend(standings.any().then(|| Column::right("promises").better(Better::Higher)));
    columns.extend(picked.iter().map(|(pick, cells)| Column::right(pick.head).better(Better::of(&cells[0].better))));
    let mut table = Table::new("scorecard", "Scorecard", columns);
    let columns: Vec<HashMap<&str, Cell>> =
        picked.iter().map(|(_, cells)| column(cells, standings).into_iter().collect()).collect();
    let mut subjects = standings.addresses().to_vec();
    subjects.retain(|subject| {
        standings.tally(subject).is_some() || columns.iter().any(|cells| cells.contains_key(*subject))
    });
    subjects.sort_by_key(|subject| standings.standing(subject) == Standing::Breaks);
    for subject in subjects {
        let mut cells = vec![Cell::code(subject).mark(standings.mark(subject))];
        cells.extend(standings.any().then(|| kept(standings, subject)));
        for column in &columns {
            cells.push(column.get(subject).cloned().unwrap_or_else(Cell::nothing));
        }
        if let Some(note) = standings.note(subject) {
            table.note(note);
        }
        table.push(Row::new(cells).subject(subject));
    }
    if table.columns.len() < 2 {
        table.rows.clear();
    }
    if !picked.is_empty() {
        table.note(
            "Subjects that share a letter cannot be told apart: their intervals overlap. `a` is the best group of those \
             that are ranked.",
        );
        table.note("Each figure is that of the best point of its sweep, or of the most workers or the longest gap; the sweeps below have all of them.");
    }
    if picked.iter().flat_map(|(_, cells)| cells).any(|cell| cell.metric.starts_with("metg-50-")) {
        table.note("≤, ≥: the true figure lies at or beyond the end of what was swept.");
    }
    table
}

/// The cells of one column, with letters for those that are ranked.
fn column<'a>(cells: &[&'a CellRecord], standings: &Standings<'_>) -> Vec<(&'a str, Cell)> {
    let ranked: Vec<usize> = (0..cells.len())
        .filter(|place| !standings.any() || standings.standing(&cells[*place].subject) == Standing::Keeps)
        .collect();
    let figures: Vec<Quantity> = ranked.iter().map(|place| Quantity::from(cells[*place])).collect();
    let given = letters(&figures, Better::of(&cells[0].better));
    let mut marks: Vec<String> = cells.iter().map(|cell| standings.mark(&cell.subject).to_owned()).collect();
    for (place, letters) in ranked.into_iter().zip(given) {
        marks[place] = letters;
    }
    cells
        .iter()
        .zip(marks)
        .map(|(cell, mark)| {
            let side = match cell.metric.rsplit_once("-at-") {
                Some((_, "most")) => "≤ ",
                Some((_, "least")) => "≥ ",
                _ => "",
            };
            let shown = Cell::quantity(Quantity::from(*cell)).trace(Trace::cell(cell));
            (cell.subject.as_str(), shown.mark(format!("{side}{mark}").trim_end().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, records, verdict};
    use poolproof_harness::Verdict;
    use poolproof_harness::record::Record;

    #[test]
    fn who_breaks_a_must_stands_below_without_a_letter() {
        let run = Run::of(records());
        let table = scorecard(&run, &Standings::of(&run));
        let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.cells.iter().map(Cell::plain).collect()).collect();
        assert_eq!(rows[0][0], "thread");
        assert!(rows[0][2].ends_with(" a"), "{rows:?}");
        assert!(rows[1..].iter().all(|row| row[0].ends_with('†') && !row[2].ends_with('a')), "{rows:?}");
    }

    #[test]
    fn a_censored_granularity_says_so() {
        let mut run = Run::of(vec![
            Record::Verdict(verdict("thread", "MAP-001", Verdict::Conforms)),
            Record::Cell(cell("thread", "granularity", "cpu-1us", ("workers", 2.0), "metg-50-at-most", 1.0)),
            Record::Cell(cell("rayon", "granularity", "cpu-1us", ("workers", 2.0), "metg-50", 5.0)),
        ]);
        run.verdicts.push(verdict("rayon", "MAP-001", Verdict::Conforms));
        let table = scorecard(&run, &Standings::of(&run));
        let of = |subject: &str| {
            table.rows.iter().find(|row| row.subject.as_deref() == Some(subject)).map(|row| row.cells[2].plain())
        };
        assert_eq!(of("thread").as_deref(), Some("1.00 ns ±4% ≤ a"));
        assert_eq!(of("rayon").as_deref(), Some("5.00 ns ±4% b"));
    }
}
