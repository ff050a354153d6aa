//! What a wrong chunksize costs: time over that of the best one.

use super::{Cell, Column, Quantity, Row, Standings, Table, Tone, Trace, over};
use crate::run::Run;
use poolproof_harness::record::CellRecord;
use std::collections::BTreeMap;

/// The sweep, its axis, and what is compared along it.
const SWEEP: &str = "chunksize";
const TIME: &str = "time-per-item";
/// How much slower than the best a chunksize of the plateau may be.
const PLATEAU: f64 = 1.05;

/// Regret of each measured chunksize, one table for each workload: `T(c) / T(best)`.
#[must_use]
pub fn regrets(run: &Run, standings: &Standings<'_>) -> Vec<Table> {
    let mut workloads: BTreeMap<&str, Vec<&CellRecord>> = BTreeMap::new();
    for cell in run.cells.iter().filter(|cell| cell.sweep == SWEEP && cell.metric == TIME) {
        if cell.axes.contains_key(SWEEP) {
            workloads.entry(&cell.workload).or_default().push(cell);
        }
    }
    let tables = workloads.into_iter().enumerate();
    tables.map(|(number, (workload, cells))| table(number, workload, &cells, standings)).collect()
}

fn table(number: usize, workload: &str, cells: &[&CellRecord], standings: &Standings<'_>) -> Table {
    let place = |cell: &CellRecord| cell.axes.get(SWEEP).copied().unwrap_or(0.0);
    let mut sizes: Vec<f64> = cells.iter().map(|cell| place(cell)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let mut columns = vec![Column::left("subject"), Column::right("best"), Column::right("plateau")];
    columns.extend(sizes.iter().map(|size| Column::right(format!("chunksize {size}"))));
    let id = crate::escape::slug(&format!("regret-{}", number + 1));
    let mut table = Table::new(id, format!("Chunksize: time per item of {workload}, over that of the best"), columns);
    let mut seen = std::collections::HashSet::new();
    for subject in cells.iter().map(|cell| cell.subject.as_str()).filter(|subject| seen.insert(*subject)) {
        let at = |size: f64| cells.iter().rev().find(|cell| cell.subject == subject && place(cell) == size).copied();
        let own: Vec<&CellRecord> = sizes.iter().filter_map(|size| at(*size)).collect();
        let Some(best) = own.iter().min_by(|a, b| a.value.total_cmp(&b.value)) else { continue };
        let flat: Vec<f64> =
            own.iter().filter(|cell| cell.value <= best.value * PLATEAU).map(|cell| place(cell)).collect();
        let plateau = match flat[..] {
            [first, .., last] => format!("{first} to {last}"),
            _ => place(best).to_string(),
        };
        let mut row = vec![
            Cell::code(subject).mark(standings.mark(subject)),
            Cell::text(place(best).to_string()).trace(Trace::cell(best)),
            Cell::text(plateau),
        ];
        for size in &sizes {
            row.push(at(*size).and_then(|cell| regret(cell, best)).unwrap_or_else(Cell::nothing));
        }
        if let Some(note) = standings.note(subject) {
            table.note(note);
        }
        table.push(Row::new(row).subject(subject));
    }
    table.note(
        "1.00× is the best chunksize of the row (*), 2.00× takes twice as long; the column `chunksize 1` is what the \
         default of CPython's ProcessPoolExecutor.map costs. Plateau: from the smallest to the largest chunksize within \
         5 % of the best. Where intervals reach 1 the chunksize does not matter.",
    );
    table
}

fn regret(cell: &CellRecord, best: &CellRecord) -> Option<Cell> {
    if std::ptr::eq(cell, best) {
        let one = Quantity { value: 1.0, low: 1.0, high: 1.0, unit: "x".into() };
        return Some(Cell::quantity(one).mark("*").tone(Tone::Good).trace(Trace::cell(cell)));
    }
    let ratio = over(&Quantity::from(cell), &Quantity::from(best))?;
    let tone = if ratio.low > PLATEAU { Tone::Warn } else { Tone::Plain };
    Some(Cell::quantity(ratio).tone(tone).trace(Trace::cell(cell)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    #[test]
    fn the_best_is_marked_and_the_others_cost_more() {
        let times = [(1.0, 400.0), (4.0, 104.0), (16.0, 100.0), (64.0, 150.0)];
        let of = |&(size, time): &(f64, f64)| Record::Cell(cell("p", SWEEP, "empty", (SWEEP, size), TIME, time));
        let run = Run::of(times.iter().map(of).collect());
        let tables = regrets(&run, &Standings::of(&run));
        let cells: Vec<String> = tables[0].rows[0].cells.iter().map(Cell::plain).collect();
        assert_eq!(cells[..3], ["p", "16", "4 to 16"]);
        assert!(cells[3].starts_with("4.00× ±") && cells[5] == "1.00× *" && cells[6].starts_with("1.50×"), "{cells:?}");
        assert_eq!((tables[0].rows[0].cells[3].tone, tables[0].rows[0].cells[4].tone), (Tone::Warn, Tone::Plain));
    }
}
