//! Policies as observed, beside those declared.

use super::{Cell, Column, Row, Table, Tone, Trace};
use poolproof_conformance::{Standing, policies};
use poolproof_harness::record::{PolicyRecord, SubjectRecord};
use std::collections::{HashMap, HashSet};

/// One row for each policy of each subject.
#[must_use]
pub fn profile(records: &[PolicyRecord]) -> Table {
    let mut subjects: Vec<&str> = records.iter().map(|record| record.subject.as_str()).collect();
    subjects.dedup();
    let title = match subjects[..] {
        [subject] => format!("Profile of {subject}"),
        _ => "Policies: declared and observed".to_owned(),
    };
    let several = subjects.len() > 1;
    let mut columns = ["policy", "declared", "observed", "standing", "note"].map(Column::left).to_vec();
    if several {
        columns.insert(0, Column::left("subject"));
    }
    let mut table = Table::new("profile", title, columns);
    for record in records {
        let mut cells = vec![
            Cell::code(&record.policy),
            record.declared.as_ref().map_or_else(Cell::nothing, Cell::text),
            record.observed.as_ref().map_or_else(Cell::nothing, Cell::text),
            Cell::text(&record.standing).tone(tone(&record.standing)),
            Cell::text(record.message.as_deref().unwrap_or("")),
        ];
        if several {
            cells.insert(0, Cell::code(&record.subject));
        }
        table.push(Row::new(cells).subject(&record.subject).trace(trace(record)));
    }
    table
}

fn trace(record: &PolicyRecord) -> Trace {
    Trace::Policy { subject: record.subject.clone(), policy: record.policy.clone() }
}

/// One row for each subject with its version, one column for each policy.
#[must_use]
pub fn profiles(subjects: &[SubjectRecord], records: &[PolicyRecord]) -> Table {
    let version = |address: &str| {
        let record = subjects.iter().find(|record| record.subject == address);
        let version = record.and_then(|record| record.description.as_ref()).map(|description| &description.version);
        version.map_or_else(Cell::nothing, |version| {
            Cell::text(version.as_str()).trace(Trace::Subject(address.to_owned()))
        })
    };
    let mut places: HashMap<(&str, &str), &PolicyRecord> = HashMap::new();
    for record in records {
        places.entry((&record.subject, &record.policy)).or_insert(record);
    }
    let observed: HashSet<&str> = records.iter().map(|record| record.policy.as_str()).collect();
    let asked: Vec<_> = policies().iter().filter(|policy| observed.contains(policy.id)).collect();
    let mut columns = vec![Column::left("subject"), Column::left("version")];
    columns.extend(asked.iter().map(|policy| Column::left(policy.title)));
    let mut table = Table::new("profiles", "Profiles", columns);
    let mut subjects: Vec<&str> = records.iter().map(|record| record.subject.as_str()).collect();
    subjects.dedup();
    for subject in subjects {
        let mut cells = vec![Cell::code(subject), version(subject)];
        cells.extend(
            asked.iter().map(|policy| places.get(&(subject, policy.id)).copied().map_or_else(Cell::nothing, cell)),
        );
        table.push(Row::new(cells).subject(subject));
    }
    for policy in asked {
        table.note(format!("{}: {} {}", policy.title, policy.question, policy.experiment));
    }
    table.note("Each cell is what an experiment saw. In brackets: declared otherwise, or not decided.");
    table.note("– the executor does not offer what the experiment needs.");
    table
}

fn cell(record: &PolicyRecord) -> Cell {
    let cell = match (&record.observed, &record.declared) {
        (Some(observed), Some(declared)) if record.standing == Standing::Overclaims.word() => {
            Cell::lines([observed.clone(), format!("(declared: {declared})")]).tone(Tone::Bad)
        }
        (Some(observed), _) => Cell::text(observed),
        (None, _) if record.standing == Standing::Unsupported.word() => Cell::nothing(),
        (None, _) => Cell::text("(undecided)").tone(Tone::Warn),
    };
    cell.trace(trace(record))
}

fn tone(standing: &str) -> Tone {
    match standing {
        "agrees" => Tone::Good,
        "overclaims" => Tone::Bad,
        "undecided" => Tone::Warn,
        "unsupported" => Tone::Muted,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::subject;
    use crate::tables::render;
    use poolproof_harness::record::SCHEMA;

    fn record(subject: &str, policy: &str, declared: Option<&str>, observed: &str, standing: Standing) -> PolicyRecord {
        PolicyRecord {
            schema: SCHEMA,
            subject: subject.to_owned(),
            policy: policy.to_owned(),
            declared: declared.map(str::to_owned),
            observed: Some(observed.to_owned()),
            standing: standing.word().to_owned(),
            message: None,
        }
    }

    #[test]
    fn a_contradiction_is_seen_in_the_table_of_many() {
        let records = [
            record("a", "queue", Some("unbounded"), "unbounded", Standing::Agrees),
            record("b", "queue", Some("unbounded"), "refuses at 4", Standing::Overclaims),
        ];
        let subjects = [subject("b", "installed", None)];
        let text = render::markdown(&profiles(&subjects, &records), 1);
        assert!(text.contains("refuses at 4<br>(declared: unbounded)"), "{text}");
        let of_b = text.lines().find(|line| line.starts_with("| `b`")).expect("it has a row");
        assert!(of_b.contains("| 1.2.3 | refuses at 4"), "with the version that was seen: {of_b}");
        assert_eq!(profiles(&subjects, &records).rows.len(), 2);
        assert_eq!(profile(&records).columns.len(), 6);
    }
}
