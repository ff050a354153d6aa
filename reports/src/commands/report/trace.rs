//! `report --trace CELL`: from a figure in a table to the lines that it rests on.

use crate::commands::Failure;
use crate::run::{Run, lines, lines_of_invocation};
use crate::tables::{self, Cell, Standings, Table, Trace};
use crate::{console, documents, escape};

/// What the page and the tables show: those of the report, and those with every record.
fn shown(run: &Run) -> Vec<Table> {
    let standings = Standings::of(run);
    let mut shown: Vec<Table> =
        documents::sections(run, &standings).into_iter().flat_map(|section| section.tables).collect();
    shown.push(tables::by_requirement_traced(&standings));
    shown
}

/// Prints the figure that `wanted` names, and every line of the records that it rests on.
pub(super) fn run(run: &Run, wanted: &str) -> Result<(), Failure> {
    let shown = shown(run);
    let (table, row, column) = place(&shown, wanted)?;
    let cell = &table.rows[row].cells[column];
    let Some(trace) = cell.trace.as_ref().or(table.rows[row].trace.as_ref()) else {
        return Err(Failure::usage(format!("`{wanted}` rests on no record; nothing to trace")));
    };
    console::print(&format!(
        "{}: {}, {}: {}\n",
        table.title,
        name(&table.rows[row].cells[0]),
        table.columns[column].title,
        cell.plain()
    ))?;
    let found = match &**trace {
        Trace::Invocation(key) => lines_of_invocation(&run.directory, key)?,
        trace => lines(&run.directory, |record| trace.matches(record))?,
    };
    for found in found {
        console::print(&format!("{}:{}: {}\n", found.file.display(), found.line, escape::line(&found.text)))?;
    }
    Ok(())
}

/// `TABLE/ROW/COLUMN`: names of rows and columns may have slashes, as `python:a/b` and `I/O speed-up` have; a row may also be
/// named by its number, because not all have a name of their own.
fn place<'a>(shown: &'a [Table], wanted: &str) -> Result<(&'a Table, usize, usize), Failure> {
    let Some((table, rest)) = wanted.split_once('/').filter(|(_, rest)| rest.contains('/')) else {
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
    let ends = |title: &str| rest.strip_suffix(title).and_then(|before| before.strip_suffix('/'));
    let found = table.columns.iter().enumerate().find_map(|(column, known)| Some((ends(&known.title)?, column)));
    let Some((row, column)) = found else {
        let column = rest.rsplit('/').next().unwrap_or(rest);
        let known = list(table.columns.iter().map(|known| known.title.as_str()).collect());
        return Err(Failure::usage(format!("table `{}` has no column `{column}`: {known}", table.id)));
    };
    let number = row.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
    if let Some(number) = number.filter(|number| *number < table.rows.len()) {
        return Ok((table, number, column));
    }
    let names: Vec<String> = table.rows.iter().map(|row| name(&row.cells[0])).collect();
    let mut rows = (0..names.len()).filter(|number| names[*number] == row);
    match (rows.next(), rows.next()) {
        (Some(only), None) => Ok((table, only, column)),
        (Some(first), Some(second)) => Err(Failure::usage(format!(
            "table `{}` has several rows `{row}`: name one by its number, such as {}/#{}/{} or #{}",
            table.id,
            table.id,
            first + 1,
            table.columns[column].title,
            second + 1
        ))),
        _ => {
            let known = list(names.iter().map(String::as_str).collect());
            Err(Failure::usage(format!("table `{}` has no row `{row}`: {known}", table.id)))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{Column, Row};

    fn shown() -> Vec<Table> {
        let columns = vec![Column::left("subject"), Column::right("I/O speed-up"), Column::right("METG(50 %)")];
        let mut table = Table::new("scorecard", "Scorecard", columns);
        for name in ["thread", "python:a/b", "twice", "twice"] {
            table.push(Row::new(vec![Cell::code(name).mark("†"), Cell::count(1), Cell::count(2)]));
        }
        vec![table]
    }

    #[test]
    fn slashes_in_names_lead_nowhere_else() {
        let shown = shown();
        let found =
            |wanted: &str| place(&shown, wanted).map(|(_, row, column)| (row, column)).map_err(|e| e.to_string());
        assert_eq!(found("scorecard/thread/I/O speed-up"), Ok((0, 1)));
        assert_eq!(found("scorecard/python:a/b/METG(50 %)"), Ok((1, 2)));
        assert_eq!(found("scorecard/#2/I/O speed-up"), Ok((1, 1)));
    }

    #[test]
    fn what_names_no_figure_is_answered_with_what_does() {
        let shown = shown();
        let refused = |wanted: &str| place(&shown, wanted).map(drop).expect_err("it names none").to_string();
        assert!(refused("scorecard").contains("TABLE/ROW/COLUMN"));
        assert!(refused("scores/thread/x").contains("scorecard"));
        assert!(refused("scorecard/thread/speed").contains("I/O speed-up"));
        assert!(refused("scorecard/threads/METG(50 %)").contains("python:a/b"));
        assert!(refused("scorecard/twice/METG(50 %)").contains("#3"), "{}", refused("scorecard/twice/METG(50 %)"));
        assert!(refused("scorecard/#5/METG(50 %)").contains("no row"));
    }
}
