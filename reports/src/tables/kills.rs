//! The kill matrix: what catches which broken executor.

use super::{Cell, Column, Row, Table, Tone, Trace};
use poolproof_harness::record::KillRecord;

/// One row for each broken executor.
#[must_use]
pub fn kill_matrix(kills: &[KillRecord]) -> Table {
    let columns = ["broken executor", "area", "difficulty", "must be caught by", "caught", "also caught by"];
    let mut table = Table::new("kill-matrix", "Kill matrix", columns.map(Column::left).to_vec());
    for kill in kills {
        let (word, tone) = if kill.caught { ("yes", Tone::Good) } else { ("no", Tone::Bad) };
        let others: Vec<_> = kill.caught_by.iter().filter(|id| !kill.expected.contains(id)).cloned().collect();
        table.push(Row {
            area: Some(kill.area.clone()),
            trace: Some(Box::new(Trace::Kill(kill.broken.clone()))),
            ..Row::new(vec![
                Cell::code(format!("broken:{}", kill.broken)),
                Cell::text(&kill.area),
                Cell::text(&kill.difficulty),
                Cell::text(kill.expected.join(", ")),
                Cell::text(word).tone(tone),
                Cell::text(others.join(", ")),
            ])
        });
    }
    table.note("Difficulty: A always shows, G with gates, S schedule-dependent, R rare, F needs a fault.");
    table
}
