//! What the instrument makes of costs that are known, and what this machine can do at best.

use super::{Cell, Column, Quantity, Row, Table, Tone, Trace};
use crate::run::Run;
use poolproof_benches::self_check::SELF_CHECK;
use poolproof_harness::record::CellRecord;

/// An overhead counts as recovered within this share of it, or within [`SLACK_NS`].
const SLACK: f64 = 0.10;
const SLACK_NS: f64 = 30.0;

/// The overheads of calibration executors, as injected and as recovered.
#[must_use]
pub fn calibration(run: &Run) -> Table {
    let columns =
        vec![Column::left("task"), Column::right("injected"), Column::right("recovered"), Column::left("verdict")];
    let mut table = Table::new("calibration", "Known overheads, as this run measured them", columns);
    for cell in of(run, "calibration") {
        let Some(&injected) = cell.axes.get("injected-ns") else { continue };
        let known = Quantity { value: injected, low: injected, high: injected, unit: cell.unit.clone() };
        let (verdict, tone) = verdict(injected, cell);
        let cells = vec![
            Cell::text(&cell.workload),
            Cell::quantity(known),
            Cell::quantity(Quantity::from(cell)),
            Cell::text(verdict).tone(tone),
        ];
        table.push(Row::new(cells).trace(Trace::cell(cell)));
    }
    table.note(
        "Executors that waste a known time on each task were measured beside all others; recovered: the interval lies \
         within 10 % or 30 ns of what was injected, whichever is larger; off: it lies beyond; unclear: it does both.",
    );
    table
}

/// What this machine needs for the things that executors are made of.
#[must_use]
pub fn floors(run: &Run) -> Table {
    let columns = vec![Column::left("floor"), Column::right("time")];
    let mut table = Table::new("floors", "What this machine can do at best", columns);
    for cell in of(run, "host") {
        let cells = vec![Cell::text(&cell.metric), Cell::quantity(Quantity::from(cell))];
        table.push(Row::new(cells).trace(Trace::cell(cell)));
    }
    table.note("Medians with 95 % intervals, taken beside this run: read latencies as multiples of them.");
    table
}

fn of<'a>(run: &'a Run, subject: &'a str) -> impl Iterator<Item = &'a CellRecord> {
    run.cells.iter().filter(move |cell| cell.sweep == SELF_CHECK && cell.subject == subject)
}

fn verdict(injected: f64, cell: &CellRecord) -> (&'static str, Tone) {
    let slack = (injected * SLACK).max(SLACK_NS);
    let (least, most) = (injected - slack, injected + slack);
    if least <= cell.low && cell.high <= most {
        ("recovered", Tone::Good)
    } else if cell.high < least || most < cell.low {
        ("off", Tone::Bad)
    } else {
        ("unclear", Tone::Warn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::record::{Record, SCHEMA};
    use std::collections::BTreeMap;

    fn cell(injected: f64, low: f64, high: f64) -> CellRecord {
        CellRecord {
            schema: SCHEMA,
            subject: "calibration".into(),
            sweep: SELF_CHECK.into(),
            workload: "empty".into(),
            axes: BTreeMap::from([("injected-ns".into(), injected)]),
            metric: "recovered-overhead".into(),
            unit: "ns".into(),
            better: "neither".into(),
            value: f64::midpoint(low, high),
            low,
            high,
            confidence: 0.95,
            launches: 4,
            samples: 16,
            taint: None,
        }
    }

    #[test]
    fn a_verdict_needs_the_whole_interval() {
        let of = |injected, low, high| verdict(injected, &cell(injected, low, high)).0;
        assert_eq!(of(5_000.0, 4_600.0, 5_400.0), "recovered");
        assert_eq!(of(200.0, 175.0, 228.0), "recovered");
        assert_eq!(of(5_000.0, 5_501.0, 6_000.0), "off");
        assert_eq!(of(5_000.0, 3_000.0, 4_499.0), "off");
        assert_eq!(of(5_000.0, 4_000.0, 5_200.0), "unclear");
    }

    #[test]
    fn cells_of_the_self_check_are_in_its_tables_and_in_no_sweep() {
        let run = Run::of(vec![Record::Cell(cell(5_000.0, 4_900.0, 5_100.0))]);
        assert_eq!(calibration(&run).rows.len(), 1);
        assert!(super::super::sweep_names(&run).is_empty());
    }
}
