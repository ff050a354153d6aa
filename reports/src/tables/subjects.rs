//! What was tested, what is not here, and how to get it.

use super::{Cell, Column, Row, Table, Tone, Trace};
use poolproof_harness::record::SubjectRecord;

/// The subjects with version and status.
#[must_use]
pub fn subjects(subjects: &[SubjectRecord]) -> Table {
    let columns = ["subject", "status", "version", "note"].map(Column::left);
    let mut table = Table::new("subjects", "Subjects", columns.to_vec());
    for record in subjects {
        let tone = match record.status.as_str() {
            "installed" => Tone::Good,
            "not installed" => Tone::Muted,
            _ => Tone::Bad,
        };
        let versions = record.description.as_ref().map_or_else(Cell::nothing, |known| Cell::text(&known.versions));
        table.push(
            Row::new(vec![
                Cell::code(&record.subject),
                Cell::text(&record.status).tone(tone),
                versions,
                Cell::text(record.message.as_deref().unwrap_or("")),
            ])
            .subject(&record.subject)
            .trace(Trace::Subject(record.subject.clone())),
        );
    }
    table
}
