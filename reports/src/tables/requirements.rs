//! The contract as a table, and every verdict by requirement.

use super::{Cell, Column, Only, Row, Standings, Table, Tone, Trace};
use crate::run::evidence_anchor;
use poolproof_conformance::{CpythonTest, Untestable};
use poolproof_harness::Verdict;
use poolproof_harness::record::{RequirementRecord, VerdictRecord};

/// The requirements, one sentence each.
#[must_use]
pub fn requirements(requirements: &[RequirementRecord]) -> Table {
    let columns = ["requirement", "level", "capability", "promise"].map(Column::left);
    let mut table = Table::new("requirements", "The contract", columns.to_vec());
    for requirement in requirements {
        table.push(Row::new(vec![
            Cell::code(&requirement.id),
            Cell::text(requirement.level.to_string()),
            Cell::text(&requirement.capability),
            Cell::text(&requirement.text),
        ]));
    }
    table
}

/// The promises that no check can decide.
#[must_use]
pub fn untestable(promises: &[&Untestable]) -> Table {
    let columns = ["area", "promise", "why no check decides it"].map(Column::left);
    let mut table = Table::new("untestable", "Not testable from outside", columns.to_vec());
    for promise in promises {
        table.push(Row::new(vec![
            Cell::text(promise.area.code()),
            Cell::text(promise.text),
            Cell::text(promise.because),
        ]));
    }
    table
}

/// Every method of CPython's tests, and the requirements that assert the same.
#[must_use]
pub fn cpython_tests(tests: &[CpythonTest]) -> Table {
    let columns = ["method of CPython's tests", "requirements", "remark"].map(Column::left);
    let mut table = Table::new("cpython-tests", "CPython's tests", columns.to_vec());
    let mut asserted = 0;
    for test in tests {
        let ids: Vec<_> = test.requirements().iter().map(|requirement| requirement.id).collect();
        asserted += usize::from(!ids.is_empty());
        let ids = if ids.is_empty() { Cell::nothing() } else { Cell::text(ids.join(", ")) };
        table.push(Row::new(vec![Cell::code(test.name), ids, Cell::text(test.because)]));
    }
    table.note(format!(
        "{asserted} of the {} methods of CPython 3.13's tests of concurrent.futures are asserted by a requirement; of \
         each other one the remark says why not. A method stands under the class that defines it.",
        tests.len()
    ));
    table
}

/// Requirements by subjects: every verdict of the run. Each row has the requirement's id as anchor.
#[must_use]
pub fn by_requirement(standings: &Standings<'_>) -> Table {
    arranged(standings, cell)
}

/// The same with the way back to the records, which in a large run is most of the table.
#[must_use]
pub(crate) fn by_requirement_traced(standings: &Standings<'_>) -> Table {
    arranged(standings, traced)
}

fn arranged(standings: &Standings<'_>, cell: fn(&VerdictRecord) -> Cell) -> Table {
    let checked = |subject: &&&str| standings.tally(subject).is_some();
    let subjects: Vec<&str> = standings.addresses().iter().filter(checked).copied().collect();
    let mut columns = vec![Column::left("requirement"), Column::left("level"), Column::left("promise")];
    let heads = columns.len();
    columns.extend(
        subjects.iter().map(|subject| Column { subject: Some((*subject).to_owned()), ..Column::left(subject) }),
    );
    let mut table = Table::new("by-requirement", "Every verdict, by requirement", columns);
    let mut rows: Vec<Row> = standings
        .promises()
        .iter()
        .map(|promise| {
            let mut cells = Vec::with_capacity(heads + subjects.len());
            cells.extend([Cell::code(promise.id), Cell::text(promise.level.to_string()), Cell::text(promise.text)]);
            cells.resize_with(heads + subjects.len(), Cell::nothing);
            Row {
                anchor: Some(crate::escape::slug(promise.id)),
                area: Some(area_of(promise.id).to_owned()),
                trace: Some(Box::new(Trace::Requirement(promise.id.to_owned()))),
                ..Row::new(cells)
            }
        })
        .collect();
    for (column, subject) in subjects.iter().enumerate() {
        for (number, verdict) in standings.verdicts(subject) {
            let row = &mut rows[*number];
            row.cells[heads + column] = cell(verdict);
            let word = verdict.verdict.word();
            if !row.verdicts.contains(&word) {
                row.verdicts.push(word);
            }
        }
    }
    rows.into_iter().for_each(|row| table.push(row));
    table.note("✓ conforms; (✓) supplied: kept by the harness; – unsupported: the subject does not offer it.");
    table
}

fn traced(record: &VerdictRecord) -> Cell {
    cell(record).trace(Trace::verdicts(&record.subject, Only::Requirement(record.requirement.clone())))
}

fn cell(record: &VerdictRecord) -> Cell {
    let cell = match record.verdict {
        Verdict::Conforms => return Cell::text("✓").tone(Tone::Good),
        Verdict::Supplied => return Cell::text("(✓)").tone(Tone::Good),
        Verdict::Unsupported => return Cell::nothing(),
        _ if record.known => Cell::text(format!("{} (known)", record.verdict)).tone(Tone::Warn),
        verdict if verdict.is_failure() => Cell::text(verdict.word()).tone(Tone::Bad),
        verdict => Cell::text(verdict.word()).tone(Tone::Warn),
    };
    cell.link(evidence_anchor(record))
}

/// The area of a requirement: its ids begin with it.
pub(crate) fn area_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(area, _)| area)
}
