//! Mutants of the checks: who noticed which.

use super::{Cell, Column, Row, Table, Tone};
use poolproof_conformance::Mutant;

/// One row for each mutant.
#[must_use]
pub fn mutants(mutants: &[Mutant]) -> Table {
    let columns = ["assertion", "mutation", "noticed by", "reached", "line"];
    let mut table = Table::new("mutants", "Mutants of the checks", columns.map(Column::left).to_vec());
    for mutant in mutants {
        let noticed = match &mutant.noticed {
            Some(noticed) => Cell::text(noticed),
            None => Cell::text("nobody").tone(Tone::Bad),
        };
        table.push(Row::new(vec![
            Cell::code(format!("{}:{}", mutant.file, mutant.line)),
            Cell::text(mutant.mutation.to_string()),
            noticed,
            Cell::text(if mutant.reached { "yes" } else { "no" }),
            Cell::code(&mutant.code),
        ]));
    }
    table
}
