//! Tables as Markdown that hosts of code render.

use crate::escape;
use crate::tables::{Align, Cell, Content, Table};
use std::fmt::Write;

/// `table` below a heading of this `level`.
#[must_use]
pub fn markdown(table: &Table, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), escape::markdown(&table.title));
    if table.is_empty() {
        out.push_str("None.\n");
    } else {
        let heads: Vec<_> = table.columns.iter().map(|column| escape::markdown(&column.head())).collect();
        let _ = writeln!(out, "| {} |", heads.join(" | "));
        let rules = table.columns.iter().map(|column| if column.align == Align::Right { "---:" } else { "---" });
        let _ = writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "));
        for row in &table.rows {
            let cells: Vec<_> = row.cells.iter().map(cell).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    if !table.notes.is_empty() {
        out.push('\n');
    }
    for note in &table.notes {
        let _ = writeln!(out, "* {}", escape::markdown(note));
    }
    out
}

fn cell(cell: &Cell) -> String {
    let body = match &cell.content {
        Content::Lines(lines) => lines.iter().map(|line| escape::markdown(line)).collect::<Vec<_>>().join("<br>"),
        Content::Code(text) => escape::markdown_code(text),
        _ => return escape::markdown(&cell.plain()),
    };
    if cell.mark.is_empty() { body } else { format!("{body} {}", cell.mark) }
}
