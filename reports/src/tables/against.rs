//! Every subject against one of them: ratio, interval, verdict.

use super::scorecard::PICKS;
use super::{Cell, Column, Quantity, Row, Standing, Standings, Table, Tone, Trace, difference, over};
use crate::run::Run;
use poolproof_benches::stats::Conclusion;
use poolproof_harness::record::CellRecord;
use std::collections::{HashMap, HashSet};

/// Who the others are compared to, if it was measured: the plain thread executor.
const BASELINE: &str = "thread";

/// The scorecard's figures as ratios to those of the baseline, which is `thread`, or else the first
/// measured subject that keeps every MUST.
#[must_use]
pub fn against(run: &Run, standings: &Standings<'_>) -> Table {
    let measured: HashSet<&str> = run.cells.iter().map(|cell| cell.subject.as_str()).collect();
    let mut addresses = standings.addresses().to_vec();
    addresses.retain(|subject| measured.contains(subject));
    let keeps = |subject: &&&str| standings.standing(subject) == Standing::Keeps;
    let first = addresses.iter().find(|subject| **subject == BASELINE).or_else(|| addresses.iter().find(keeps));
    let Some(&baseline) = first.or(addresses.first()) else {
        return Table::new("against", "Against a baseline", vec![Column::left("subject")]);
    };
    let picked: Vec<(&str, HashMap<&str, &CellRecord>, &CellRecord)> = PICKS
        .iter()
        .filter_map(|pick| {
            let cells = pick.cells(run);
            let base = cells.iter().find(|cell| cell.subject == baseline).copied()?;
            let column: HashMap<&str, &CellRecord> = cells.iter().map(|&cell| (cell.subject.as_str(), cell)).collect();
            (cells.len() > 1).then_some((pick.head, column, base))
        })
        .collect();
    let mut columns = vec![Column::left("subject")];
    columns.extend(picked.iter().map(|(head, _, _)| Column::right(head)));
    let mut table = Table::new("against", format!("Against {baseline}: cost over that of {baseline}"), columns);
    for subject in addresses.into_iter().filter(|subject| *subject != baseline) {
        let mut cells = vec![Cell::code(subject).mark(standings.mark(subject))];
        for (_, column, base) in &picked {
            cells.push(column.get(subject).and_then(|own| ratio(own, base)).unwrap_or_else(Cell::nothing));
        }
        if cells[1..].iter().any(|cell| cell.number().is_some()) {
            if let Some(note) = standings.note(subject) {
                table.note(note);
            }
            table.push(Row::new(cells).subject(subject));
        }
    }
    table.note(
        "Below 1 is better everywhere: where more is better, the ratio is that of the inverses. + better, - worse, = \
         equivalent within 5 %, ? unclear. The ratios come from the two intervals; `compare` measures two subjects paired, \
         and sees smaller differences.",
    );
    table
}

fn ratio(own: &CellRecord, base: &CellRecord) -> Option<Cell> {
    let (own_figure, base_figure) = (Quantity::from(own), Quantity::from(base));
    let ratio = match own.better.as_str() {
        "higher" => over(&base_figure, &own_figure)?,
        "lower" => over(&own_figure, &base_figure)?,
        _ => return None,
    };
    let (mark, tone) = match difference(&ratio, 0.0)?.0 {
        Conclusion::Faster => ("+", Tone::Good),
        Conclusion::Slower => ("-", Tone::Bad),
        Conclusion::Equivalent => ("=", Tone::Plain),
        Conclusion::Unclear => ("?", Tone::Muted),
    };
    Some(Cell::quantity(ratio).mark(mark).tone(tone).trace(Trace::cell(own)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    #[test]
    fn below_one_is_better_whichever_way_the_metric_points() {
        let at = ("workers", 1.0);
        let run = Run::of(vec![
            Record::Cell(cell("thread", "workers", "empty", at, "throughput", 100.0)),
            Record::Cell(cell("rayon", "workers", "empty", at, "throughput", 200.0)),
            Record::Cell(cell("thread", "latency", "empty", at, "round-trip-p50", 100.0)),
            Record::Cell(cell("rayon", "latency", "empty", at, "round-trip-p50", 400.0)),
        ]);
        let table = against(&run, &Standings::of(&run));
        let cells: Vec<String> = table.rows[0].cells.iter().map(Cell::plain).collect();
        assert_eq!(table.rows.len(), 1);
        assert!(cells[1].starts_with("4.00×") && cells[1].ends_with('-'), "{cells:?}");
        assert!(cells[2].starts_with("0.500×") && cells[2].ends_with('+'), "{cells:?}");
    }
}
