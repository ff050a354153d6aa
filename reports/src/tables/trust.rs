//! Can this run be trusted: the machine, the versions, the seed, and what could not be read.

use super::{Cell, Column, Row, Table, Tone, Trace};
use crate::run::{Run, utc_stamp};
use poolproof_harness::record::{CellRecord, Damage, TaintRecord};
use std::collections::BTreeMap;

/// What stands for a fact that rests on all measurements, instead of a key of `run.json`.
const CELLS: &str = "*";

/// Facts about the run and the machine.
#[must_use]
pub fn trust(run: &Run) -> Table {
    let mut table = Table::new("run", "This run", vec![Column::left("fact"), Column::left("value")]);
    let mut fact = |name: &str, value: String, key: &str| {
        let row = Row::new(vec![Cell::text(name), Cell::text(value)]);
        table.push(match key {
            "" => row,
            CELLS => row.trace(Trace::Measurements),
            key => row.trace(Trace::Invocation(key.to_owned())),
        });
    };
    if let Some(record) = &run.record {
        fact("command", record.command.join(" "), "command");
        fact("poolproof", record.poolproof.clone(), "poolproof");
        fact("commit", record.commit.clone(), "commit");
        fact("started", format!("{} UTC", utc_stamp(record.started_unix)), "started_unix");
        let took = record.elapsed_s.map_or_else(|| "unknown: it did not end".into(), |took| format!("{took:.1} s"));
        fact("took", took, "elapsed_s");
        fact("seed", record.seed.to_string(), "seed");
        for (name, value) in &record.host {
            fact(name, value.clone(), name);
        }
    } else {
        fact(
            "run.json",
            "is missing or damaged, or these are verdicts of `cargo test`: nothing is known about the machine".into(),
            "",
        );
    }
    let launches: std::collections::BTreeSet<u32> = run.cells.iter().map(|cell| cell.launches).collect();
    if let (Some(least), Some(most)) = (launches.first(), launches.last()) {
        let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
        fact("launches a figure", range, CELLS);
    }
    if !run.cells.is_empty() {
        fact("disturbed rounds", disturbed(&run.cells), CELLS);
    }
    if run.summary.is_none() && run.record.is_some() {
        fact("summary", "missing: the run was interrupted, or is still going on".into(), "");
    }
    table
}

/// How many rounds the machine disturbed, by which rule, and what became of them.
fn disturbed(cells: &[CellRecord]) -> String {
    // Several figures of one place rest on the same rounds.
    let mut places: BTreeMap<String, &CellRecord> = BTreeMap::new();
    for cell in cells {
        places.insert(format!("{:?}", (&cell.sweep, &cell.subject, &cell.workload, &cell.axes)), cell);
    }
    let sum = |of: fn(&TaintRecord) -> u32| -> u64 {
        places.values().filter_map(|cell| cell.taint.as_ref()).map(|taint| u64::from(of(taint))).sum()
    };
    let (rerun, kept) = (sum(|taint| taint.rerun), sum(|taint| taint.kept));
    if rerun + kept == 0 {
        return "none".to_owned();
    }
    let rules = [
        ("steal", sum(|taint| taint.steal)),
        ("throttling", sum(|taint| taint.throttled)),
        ("pressure from other programs", sum(|taint| taint.pressure)),
    ];
    let rules: Vec<String> =
        rules.into_iter().filter(|rule| rule.1 > 0).map(|(rule, count)| format!("{rule} {count}")).collect();
    let total: u64 = rerun + places.values().map(|cell| u64::from(cell.samples)).sum::<u64>();
    format!("{} of {total} ({}): {rerun} run again, {kept} kept and marked", rerun + kept, rules.join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;

    #[test]
    fn disturbed_rounds_are_counted_once_for_each_place() {
        let taint = TaintRecord { rerun: 3, kept: 2, steal: 1, throttled: 0, pressure: 4 };
        let of = |metric, taint| CellRecord {
            samples: 10,
            taint,
            ..cell("thread", "workers", "empty", ("workers", 2.0), metric, 1.0)
        };
        let two = [of("throughput", Some(taint)), of("speed-up", Some(taint))];
        assert_eq!(
            disturbed(&two),
            "5 of 13 (steal 1, pressure from other programs 4): 3 run again, 2 kept and marked"
        );
        assert_eq!(disturbed(&[of("throughput", None)]), "none");
    }
}
