//! The difference of two runs as tables, lines of JSON, and an exit code.

use super::{Agreement, Change, Shifts, Turn, agreement, changes, differences, shifts};
use crate::run::{Exit, Run};
use crate::tables::{Align, Cell, Column, Row, Table, Tone, place_in_words};
use poolproof_benches::stats::Conclusion;
use poolproof_harness::record::{CellRecord, SCHEMA};
use serde_json::{Value, json};

/// What changed between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// In behaviour.
    pub changes: Vec<Change>,
    /// In speed.
    pub speed: Shifts,
    /// How far the two agree.
    pub agreement: Agreement,
}

/// What changed from `before` to `after`.
///
/// # Errors
///
/// If the hosts differ, or one of the two is unknown: one sentence that says in what. Two runs of tests, which
/// measured nothing and name no host, are compared all the same.
pub fn diff(before: &Run, after: &Run) -> Result<Difference, String> {
    let is_of_tests = |run: &Run| run.record.is_none() && run.cells.is_empty() && run.damage.is_empty();
    let found = if is_of_tests(before) && is_of_tests(after) { Vec::new() } else { differences(before, after) };
    if !found.is_empty() {
        return Err(format!(
            "the two runs cannot be compared, because their hosts differ: {}; make both on the same machine",
            found.join("; ")
        ));
    }
    Ok(Difference {
        changes: changes(before, after),
        speed: shifts(before, after),
        agreement: agreement(before, after),
    })
}

impl Difference {
    /// Fails if a MUST was lost or a figure is clearly worse; is inconclusive if a promise that was
    /// kept could not be decided.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let worse = self.speed.shifts.iter().any(|shift| shift.conclusion == Conclusion::Slower);
        if worse || self.changes.iter().any(Change::breaks_must) {
            Exit::Fails
        } else if self.changes.iter().any(|change| change.turn == Turn::Undecided) {
            Exit::Inconclusive
        } else {
            Exit::Conforms
        }
    }

    /// What changed, in a sentence or two, and how far the two runs agree.
    #[must_use]
    pub fn headline(&self) -> String {
        let turned = |turn| self.changes.iter().filter(|change| change.turn == turn).count();
        let of = |wanted| self.speed.shifts.iter().filter(|shift| shift.conclusion == wanted).count();
        let behaviour = if self.changes.is_empty() {
            "No verdict changed.".to_owned()
        } else {
            format!(
                "Promises: {} lost, {} undecided, {} mended, {} changed otherwise.",
                turned(Turn::Broken),
                turned(Turn::Undecided),
                turned(Turn::Mended),
                turned(Turn::Other)
            )
        };
        let speed = if self.speed.shifts.is_empty() {
            "No figure is in both runs.".to_owned()
        } else {
            format!(
                "Figures: {} worse, {} better, {} equivalent, {} unclear.",
                of(Conclusion::Slower),
                of(Conclusion::Faster),
                of(Conclusion::Equivalent),
                of(Conclusion::Unclear)
            )
        };
        if self.agreement.figures == 0 {
            format!("{behaviour} {speed}")
        } else {
            format!("{behaviour} {speed} {}", self.agreement.in_words())
        }
    }

    /// What changed, as tables: only what did.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        vec![self.behaviour(), self.figures(), self.turned()]
    }

    fn behaviour(&self) -> Table {
        let columns = ["subject", "requirement", "level", "before", "now", "what happened"].map(Column::left);
        let mut table = Table::new("changes", "Behaviour: verdicts that changed", columns.to_vec());
        for change in &self.changes {
            let record = &change.record;
            let tone = match change.turn {
                Turn::Broken => Tone::Bad,
                Turn::Mended => Tone::Good,
                Turn::Undecided | Turn::Other => Tone::Warn,
            };
            table.push(
                Row::new(vec![
                    Cell::code(&record.subject),
                    Cell::code(&record.requirement),
                    Cell::text(record.level.to_string()),
                    Cell::text(&change.before),
                    Cell::text(&change.after).tone(tone),
                    Cell::text(record.message.as_deref().unwrap_or("")),
                ])
                .subject(&record.subject),
            );
        }
        table
    }

    fn figures(&self) -> Table {
        let mut columns = ["subject", "measurement"].map(Column::left).to_vec();
        columns.extend(["before", "now", "cost, now over before"].map(Column::right));
        columns.push(Column { align: Align::Left, ..Column::left("verdict") });
        let mut table = Table::new("shifts", "Speed: figures that changed", columns);
        let clear = |conclusion| matches!(conclusion, Conclusion::Slower | Conclusion::Faster);
        for shift in self.speed.shifts.iter().filter(|shift| clear(shift.conclusion)) {
            let (word, tone) = match shift.conclusion {
                Conclusion::Slower => ("worse", Tone::Bad),
                _ => ("better", Tone::Good),
            };
            table.push(
                Row::new(vec![
                    Cell::code(&shift.cell.subject),
                    Cell::text(place(&shift.cell)),
                    Cell::quantity(shift.before.clone()),
                    Cell::quantity(shift.after.clone()),
                    Cell::quantity(shift.cost.clone()),
                    Cell::text(word).tone(tone),
                ])
                .subject(&shift.cell.subject),
            );
        }
        table.note(format!(
            "Above 1 costs more, whichever way the figure points. A figure counts as changed if the interval of the ratio \
             excludes 1, the ratio lies beyond 5 % and beyond the noise floor of both runs ({:.1} %), and that stands after \
             Holm's correction over all {} figures.",
            self.speed.noise_floor * 100.0,
            self.speed.shifts.len()
        ));
        if self.speed.unmatched > 0 {
            table.note(format!("{} figures are in one of the two runs only.", self.speed.unmatched));
        }
        table.note(
            "The runs were not interleaved: what else the machine did in between counts as change. `compare` pairs.",
        );
        table
    }

    /// Claims of one run that the other denies.
    fn turned(&self) -> Table {
        let columns = vec![Column::left("measurement and subjects")];
        let mut table = Table::new("turned", "Differences between two subjects that point the other way now", columns);
        self.agreement.flips.iter().for_each(|flip| table.push(Row::new(vec![Cell::text(flip)])));
        table
    }

    /// One object for each change and for each figure that both runs have, a summary last.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        let changes = self.changes.iter().map(|change| {
            json!({
                "kind": "change", "schema": SCHEMA, "subject": change.record.subject,
                "requirement": change.record.requirement, "level": change.record.level,
                "before": change.before, "after": change.after, "turn": format!("{:?}", change.turn).to_lowercase(),
            })
        });
        let shifts = self.speed.shifts.iter().map(|shift| {
            json!({
                "kind": "shift", "schema": SCHEMA, "subject": shift.cell.subject, "sweep": shift.cell.sweep,
                "workload": shift.cell.workload, "metric": shift.cell.metric, "axes": shift.cell.axes,
                "unit": shift.cell.unit, "before": shift.before.value, "after": shift.after.value,
                "cost": shift.cost.value, "low": shift.cost.low, "high": shift.cost.high,
                "verdict": shift.conclusion.to_string(),
            })
        });
        let end = json!({
            "kind": "summary", "schema": SCHEMA, "headline": self.headline(), "exit": self.exit().code(),
            "figures": self.agreement.figures, "overlapping": self.agreement.overlapping,
            "claims": self.agreement.claims, "flips": self.agreement.flips,
        });
        changes.chain(shifts).chain([end]).collect()
    }
}

/// What was measured and where, in words.
fn place(cell: &CellRecord) -> String {
    let axes: Vec<String> = cell.axes.iter().map(|(name, value)| place_in_words(name, *value)).collect();
    format!("{}: {} of {}, {}", cell.sweep, cell.metric, cell.workload, axes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::samples::{HOSTILE, hostile, invocation, records, verdict};
    use crate::tables::render;
    use poolproof_harness::Verdict;
    use poolproof_harness::record::Record;

    fn run() -> Run {
        Run { record: Some(invocation()), ..Run::of(records()) }
    }

    #[test]
    fn a_run_against_itself_changed_in_nothing() {
        let difference = diff(&run(), &run()).expect("the same host");
        assert!(difference.tables().iter().all(Table::is_empty));
        assert_eq!(difference.exit(), Exit::Conforms);
        assert!(difference.speed.shifts.len() > 20);
    }

    #[test]
    fn a_difference_is_told_as_it_was() {
        let mut after = run();
        after.verdicts[0] = verdict("thread", "SUB-001", Verdict::Hangs);
        after.verdicts[0].message = Some("expected `submit` to return; it had not after 2 s".into());
        for cell in after.cells.iter_mut().filter(|cell| cell.subject == "thread" && cell.sweep == "latency") {
            for figure in [&mut cell.value, &mut cell.low, &mut cell.high] {
                *figure *= 3.0;
            }
        }
        let difference = diff(&run(), &after).expect("the same host");
        assert_eq!(difference.exit(), Exit::Fails);
        let tables: String = difference.tables().iter().map(|table| render::markdown(table, 3)).collect();
        golden::check("diff.md", &format!("{}\n\n{tables}", difference.headline()));
        let mended = diff(&after, &run()).expect("the same host");
        assert_eq!((mended.exit(), mended.changes[0].turn), (Exit::Conforms, Turn::Mended));
    }

    #[test]
    fn runs_of_tests_need_no_host() {
        let of = |word| Run::of(vec![Record::Verdict(verdict("own", "MAP-001", word))]);
        let difference = diff(&of(Verdict::Conforms), &of(Verdict::Violates)).expect("nothing was measured");
        assert_eq!(difference.exit(), Exit::Fails);
        let mut measured = of(Verdict::Conforms);
        measured.cells = run().cells;
        assert!(diff(&of(Verdict::Conforms), &measured).is_err(), "a figure needs its host");
    }

    #[test]
    fn hosts_that_differ_are_not_compared() {
        let mut other = run();
        other.record.iter_mut().for_each(|record| drop(record.host.insert("cores".into(), "0-7".into())));
        let refused = diff(&run(), &other).expect_err("another host");
        assert!(refused.contains("cores was `0-1` and is `0-7`"), "{refused}");
    }

    #[test]
    fn hostile_text_breaks_no_difference() {
        let before = Run { record: Some(invocation()), ..Run::of(hostile(HOSTILE)) };
        let mut after = before.clone();
        after.verdicts.iter_mut().for_each(|verdict| verdict.known = true);
        after.cells.iter_mut().for_each(|cell| (cell.value, cell.low, cell.high) = (9.0, 8.9, 9.1));
        let difference = diff(&before, &after).expect("the same host");
        let text: String = difference.tables().iter().map(|table| render::markdown(table, 3)).collect();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 3, "{text}");
    }
}
