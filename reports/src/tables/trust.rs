//! Can this run be trusted: the machine, the versions, the seed, and what could not be read.

use super::{Cell, Column, Row, Table, Tone};
use crate::run::{Run, utc_stamp};
use poolproof_harness::record::Damage;

/// Facts about the run and the machine.
#[must_use]
pub fn trust(run: &Run) -> Table {
    let mut table = Table::new("run", "This run", vec![Column::left("fact"), Column::left("value")]);
    let mut fact = |name: &str, value: String| {
        table.push(Row::new(vec![Cell::text(name), Cell::text(value)]));
    };
    if let Some(record) = &run.record {
        fact("command", record.command.join(" "));
        fact("poolproof", record.poolproof.clone());
        fact("started", format!("{} UTC", utc_stamp(record.started_unix)));
        fact("took", record.elapsed_s.map_or_else(|| "unknown: it did not end".into(), |took| format!("{took:.1} s")));
        fact("seed", record.seed.to_string());
        for (name, value) in &record.host {
            fact(name, value.clone());
        }
    } else {
        fact("run.json", "is missing or damaged: nothing is known about the machine".into());
    }
    let launches: std::collections::BTreeSet<u32> = run.cells.iter().map(|cell| cell.launches).collect();
    if let (Some(least), Some(most)) = (launches.first(), launches.last()) {
        let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
        fact("launches a figure", range);
    }
    if run.summary.is_none() {
        fact("summary", "missing: the run was interrupted, or is still going on".into());
    }
    table
}

/// The lines that could not be read.
#[must_use]
pub fn damage(damage: &[Damage]) -> Table {
    let columns = vec![Column::left("file"), Column::right("line"), Column::left("what is wrong")];
    let mut table = Table::new("damage", "Damaged records", columns);
    for damaged in damage {
        table.push(Row::new(vec![
            Cell::text(damaged.file.display().to_string()).tone(Tone::Bad),
            Cell::count(damaged.line as u64),
            Cell::text(&damaged.reason),
        ]));
    }
    table.note("All other lines are intact and were used.");
    table
}
