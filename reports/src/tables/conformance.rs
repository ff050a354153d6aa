//! Who keeps which promises: the matrix by area, the counts by verdict, and what is not kept.

use super::requirements::area_of;
use super::{Cell, Column, Content, Only, Row, Standings, Table, Tone, Trace};
use crate::run::{KNOWN, Run, evidence_anchor, is_broken_must};
use poolproof_conformance::Area;
use poolproof_harness::Verdict;
use poolproof_harness::record::VerdictRecord;
use std::collections::{BTreeSet, HashMap};

/// Subjects by areas: how many of the promises that apply are kept.
#[must_use]
pub fn matrix(standings: &Standings<'_>) -> Table {
    let areas = standings.areas();
    let mut columns = vec![Column::left("subject"), Column::right("all")];
    columns.extend(areas.iter().map(Column::right));
    let mut table = Table::new("conformance", "Conformance: promises kept, of those that apply", columns);
    let place = |id: &str| areas.iter().position(|area| *area == area_of(id));
    let places: Vec<Option<usize>> = standings.promises().iter().map(|promise| place(promise.id)).collect();
    let mut whole = Count::default();
    for subject in standings.addresses() {
        if standings.tally(subject).is_none() {
            continue;
        }
        let (mut all, mut counts) = (Count::default(), vec![Count::default(); areas.len()]);
        for (number, verdict) in standings.verdicts(subject) {
            all.add(verdict);
            whole.add(verdict);
            if let Some(place) = places[*number] {
                counts[place].add(verdict);
            }
        }
        let mut cells =
            vec![Cell::code(subject).mark(standings.mark(subject)), all.cell(Trace::verdicts(subject, Only::Checks))];
        cells.extend(
            areas
                .iter()
                .zip(&counts)
                .map(|(area, count)| count.cell(Trace::verdicts(subject, Only::Area((*area).to_owned())))),
        );
        table.push(Row::new(cells).subject(subject));
    }
    let titles = Area::ALL.iter().filter(|area| areas.contains(&area.code()));
    table.note(titles.map(|area| format!("{} {}", area.code(), area.title())).collect::<Vec<_>>().join(", "));
    if whole.broken > 0 {
        table.note("† at least one MUST is broken, known failures included: its figures are not ranked.");
    }
    if whole.supplied > 0 {
        table.note("(n) promises that the harness keeps for the subject: supplied, judged on nobody's behalf.");
    }
    if whole.inconclusive > 0 {
        table.note("? something is inconclusive: the machine decided, or the time that was given, not the executor.");
    }
    if table.rows.iter().any(|row| row.cells.iter().any(|cell| cell.content == Content::Nothing)) {
        table.note("– the subject does not offer what the area is about.");
    }
    table
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    kept: u64,
    apply: u64,
    supplied: u64,
    inconclusive: u64,
    broken: u64,
    unknown_broken: u64,
}

impl Count {
    fn add(&mut self, record: &VerdictRecord) {
        match record.verdict {
            Verdict::Unsupported => return,
            Verdict::Supplied => {
                self.supplied += 1;
                return;
            }
            Verdict::Conforms => self.kept += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            _ => {}
        }
        self.apply += 1;
        if is_broken_must(record) {
            self.broken += 1;
            self.unknown_broken += u64::from(!record.known);
        }
    }

    fn cell(self, trace: Trace) -> Cell {
        let own = if self.apply > 0 { format!("{}/{}", self.kept, self.apply) } else { String::new() };
        let text = match (self.apply, self.supplied) {
            (0, 0) => return Cell::nothing(),
            (_, 0) => own,
            (0, supplied) => format!("({supplied})"),
            (_, supplied) => format!("{own} ({supplied})"),
        };
        let tone = if self.unknown_broken > 0 {
            Tone::Bad
        } else if self.kept < self.apply {
            Tone::Warn
        } else {
            Tone::Good
        };
        let mark = match (self.broken, self.inconclusive) {
            (0, 0) => "",
            (0, _) => "?",
            _ => "†",
        };
        Cell::text(text).mark(mark).tone(tone).trace(trace)
    }
}

/// How many promises `subject` keeps of those that apply.
pub(super) fn kept(standings: &Standings<'_>, subject: &str) -> Cell {
    let mut count = Count::default();
    standings.verdicts(subject).iter().for_each(|(_, verdict)| count.add(verdict));
    count.cell(Trace::verdicts(subject, Only::Checks))
}

/// The columns of [`counts`]: every word of a verdict, and the known failures.
const WORDS: [&str; 10] = [
    "conforms",
    "supplied",
    "unsupported",
    KNOWN,
    "inconclusive",
    "overclaims",
    "leaks",
    "hangs",
    "crashes",
    "violates",
];

/// How many verdicts of each kind every subject got; a kind that nobody got has no column.
#[must_use]
pub fn counts(standings: &Standings<'_>) -> Table {
    let mut columns = vec![Column::left("subject"), Column::right("checks")];
    let addresses = standings.addresses();
    let has = |word: &str| addresses.iter().any(|s| standings.tally(s).is_some_and(|tally| tally.count(word) > 0));
    let words: Vec<&'static str> = WORDS.into_iter().filter(|word| has(word)).collect();
    columns.extend(words.iter().map(Column::right));
    let mut table = Table::new("verdicts", "Verdicts: how many of each kind", columns);
    for subject in addresses {
        let Some(tally) = standings.tally(subject) else { continue };
        let mut cells = vec![
            Cell::code(subject).mark(standings.mark(subject)),
            Cell::count(tally.checks).trace(Trace::verdicts(subject, Only::Checks)),
        ];
        for &word in &words {
            let count = tally.count(word);
            let tone = match word {
                _ if count == 0 => Tone::Muted,
                "conforms" => Tone::Good,
                "supplied" | "unsupported" => Tone::Plain,
                "known" | "inconclusive" | "overclaims" => Tone::Warn,
                _ => Tone::Bad,
            };
            cells.push(Cell::count(count).tone(tone).trace(Trace::verdicts(subject, Only::Word(word))));
        }
        table.push(Row::new(cells).subject(subject));
    }
    if words.contains(&KNOWN) {
        table.note("known: failures that the ledger of known failures names for this subject and version; they are not counted elsewhere.");
    }
    table.note("checks: verdicts without the unsupported ones.");
    table
}

/// Every promise that is not kept, with one sentence each; new failures first. What is inconclusive for one reason is one
/// row for each area: where time ran out, the reason is that of most.
#[must_use]
pub fn failures(run: &Run) -> Table {
    let mut columns = ["subject", "requirement", "level", "verdict", "what happened"].map(Column::left).to_vec();
    columns[1].lists = true;
    let mut table = Table::new("failures", "Promises not kept", columns);
    for together in alike(unkept(run)) {
        let verdict = together[0];
        let word = match (verdict.known, verdict.verdict.word()) {
            (true, word) => format!("{word} ({KNOWN})"),
            (false, word) => word.to_owned(),
        };
        let tone = if is_broken_must(verdict) && !verdict.known { Tone::Bad } else { Tone::Warn };
        let levels: BTreeSet<_> = together.iter().map(|one| one.level).collect();
        let levels: Vec<_> = levels.iter().map(ToString::to_string).collect();
        let requirements: Vec<_> = together.iter().map(|one| one.requirement.clone()).collect();
        let cells = vec![
            Cell::code(&verdict.subject),
            Cell::code(requirements.join(", ")).link(evidence_anchor(verdict)),
            Cell::text(levels.join(", ")),
            Cell::text(word).tone(tone),
            Cell::text(sentence(run, verdict)),
        ];
        table.push(Row {
            trace: Some(Box::new(Trace::verdicts(&verdict.subject, Only::Requirements(requirements)))),
            area: Some(area_of(&verdict.requirement).to_owned()),
            verdicts: vec![verdict.verdict.word()],
            ..Row::new(cells).subject(&verdict.subject)
        });
    }
    table
}

/// The same verdicts in the same order, those together that are inconclusive for the same reason in the same area.
fn alike(verdicts: Vec<&VerdictRecord>) -> Vec<Vec<&VerdictRecord>> {
    let mut groups: Vec<Vec<&VerdictRecord>> = Vec::new();
    let mut places = HashMap::new();
    for record in verdicts {
        let reason =
            (record.verdict == Verdict::Inconclusive && !record.known).then_some(record.message.as_deref()).flatten();
        let Some(reason) = reason else {
            groups.push(vec![record]);
            continue;
        };
        let place = *places.entry((&record.subject, area_of(&record.requirement), reason)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
    }
    groups
}

/// Every verdict, one a row, as spreadsheets and scripts want them.
#[must_use]
pub fn verdicts(run: &Run) -> Table {
    let mut columns = ["subject", "requirement", "level", "verdict", "known"].map(Column::left).to_vec();
    columns.extend(["runs", "elapsed ms", "seed"].map(Column::right));
    columns.push(Column::left("message"));
    let mut table = Table::new("all-verdicts", "Verdicts", columns);
    for record in &run.verdicts {
        table.push(
            Row::new(vec![
                Cell::code(&record.subject),
                Cell::code(&record.requirement),
                Cell::text(record.level.to_string()),
                Cell::text(record.verdict.word()),
                Cell::text(record.known.to_string()),
                Cell::count(u64::from(record.runs)),
                Cell::text(format!("{:.3}", record.elapsed_ms)),
                Cell::count(record.seed),
                Cell::text(record.message.as_deref().unwrap_or("")),
            ])
            .subject(&record.subject),
        );
    }
    table
}

/// The verdicts that need a reader: new failures first, then known ones, then the rest.
pub(crate) fn unkept(run: &Run) -> Vec<&VerdictRecord> {
    let settled = [Verdict::Conforms, Verdict::Supplied, Verdict::Unsupported];
    let mut unkept: Vec<_> = run.verdicts.iter().filter(|record| !settled.contains(&record.verdict)).collect();
    unkept.sort_by_key(|record| (record.known, !is_broken_must(record), record.verdict == Verdict::Inconclusive));
    unkept
}

/// What happened, or, if the check did not say, which promise was not kept.
fn sentence(run: &Run, verdict: &VerdictRecord) -> String {
    match &verdict.message {
        Some(message) if !message.trim().is_empty() => message.clone(),
        _ => {
            let requirement = run.requirements.iter().find(|known| known.id == verdict.requirement);
            requirement.map_or_else(|| "no message was recorded".to_owned(), |known| known.text.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::failures;
    use crate::run::Run;
    use crate::samples::records;
    use poolproof_harness::Verdict;
    use poolproof_harness::record::Record;

    #[test]
    fn what_is_inconclusive_for_one_reason_is_one_row_for_each_area() {
        let verdict = records().into_iter().find_map(|record| match record {
            Record::Verdict(verdict) => Some(verdict),
            _ => None,
        });
        let verdict = verdict.expect("there is one");
        let undecided = [("SUB-001", "late"), ("SUB-002", "late"), ("RES-001", "late"), ("SUB-006", "other")];
        let mut all: Vec<_> = undecided
            .iter()
            .map(|(id, why)| (Verdict::Inconclusive, *id, *why))
            .chain([(Verdict::Violates, "SUB-007", "late"), (Verdict::Violates, "SUB-009", "late")])
            .map(|(word, id, why)| {
                let mut verdict = verdict.clone();
                (verdict.verdict, verdict.known, verdict.message) = (word, false, Some(why.to_owned()));
                id.clone_into(&mut verdict.requirement);
                Record::Verdict(verdict)
            })
            .collect();
        all.reverse();
        let table = failures(&Run::of(all));
        let mut rows: Vec<_> = table.rows.iter().map(|row| row.cells[1].plain()).collect();
        rows.sort();
        assert_eq!(rows, ["RES-001", "SUB-002, SUB-001", "SUB-006", "SUB-007", "SUB-009"]);
    }
}
