//! `report --trace CELL`: from a figure in a table to the lines that it rests on.

use crate::commands::Failure;
use crate::run::{Run, lines};
use crate::tables::{self, Cell, Standings, Table};
use crate::{console, documents, escape};

/// What the page and the tables show: those of the report, and those with every record.
fn shown(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let mut shown: Vec<Table> =
        documents::sections(run, &standings).into_iter().flat_map(|section| section.tables).collect();
    shown.push(tables::by_requirement_traced(run, &standings));
    shown
}

/// Prints the figure that `wanted` names, and every line of the records that it rests on.
pub(super) fn run(run: &Run, wanted: &str) -> Result<(), Failure> {
    let shown = shown(run);
    let (table, row, column) = place(&shown, wanted)?;
    let cell = &table.rows[row].cells[column];
    let Some(trace) = &cell.trace else {
        return Err(Failure::usage(format!("`{wanted}` is no figure that was measured or counted; nothing to trace")));
    };
    console::print(&format!(
        "{}: {}, {}: {}\n",
        table.title,
        name(&table.rows[row].cells[0]),
        table.columns[column].title,
        cell.plain()
    ))?;
    for found in lines(&run.directory, |record| trace.matches(record))? {
        console::print(&format!("{}:{}: {}\n", found.file.display(), found.line, escape::line(&found.text)))?;
    }
    Ok(())
}

/// `TABLE/ROW/COLUMN`; rows may have slashes in their names, tables and columns have not.
fn place<'a>(shown: &'a [Table], wanted: &str) -> Result<(&'a Table, usize, usize), Failure> {
    let parts = wanted.split_once('/').and_then(|(table, rest)| Some((table, rest.rsplit_once('/')?)));
    let Some((table, (row, column))) = parts else {
        return Err(Failure::usage(format!(
            "`{wanted}` names no figure: write TABLE/ROW/COLUMN, such as {}",
            example(shown).unwrap_or_else(|| "latency-1/thread/round-trip-p50".to_owned())
        )));
    };
    let list = |names: Vec<&str>| names.join(", ");
    let Some(table) = shown.iter().find(|known| known.id == table) else {
        let known = list(shown.iter().map(|known| known.id.as_str()).collect());
        return Err(Failure::usage(format!("there is no table `{table}` in this run: {known}")));
    };
    let rows: Vec<String> = table.rows.iter().map(|row| name(&row.cells[0])).collect();
    let Some(row) = rows.iter().position(|known| known == row) else {
        let known = list(rows.iter().map(String::as_str).collect());
        return Err(Failure::usage(format!("table `{}` has no row `{row}`: {known}", table.id)));
    };
    let Some(column) = table.columns.iter().position(|known| known.title == column) else {
        let known = list(table.columns.iter().map(|known| known.title.as_str()).collect());
        return Err(Failure::usage(format!("table `{}` has no column `{column}`: {known}", table.id)));
    };
    Ok((table, row, column))
}

/// The first figure of the run that leads somewhere.
fn example(shown: &[Table]) -> Option<String> {
    shown.iter().find_map(|table| {
        let row = table.rows.first()?;
        let column = row.cells.iter().position(|cell| cell.trace.is_some())?;
        Some(format!("{}/{}/{}", table.id, name(&row.cells[0]), table.columns[column].title))
    })
}

/// The name of a row, without the mark behind it.
fn name(cell: &Cell) -> String {
    Cell { mark: "".into(), ..cell.clone() }.plain()
}
