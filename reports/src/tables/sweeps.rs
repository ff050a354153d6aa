//! The sweeps: one table for each figure, and a rank for those who keep their promises.

use super::pivot::{Across, Group, along, groups, place_in_words};
use super::{Better, Cell, Column, Quantity, Row, Standing, Standings, Table, Tone, Trace};
use crate::run::Run;
use poolproof_benches::self_check::SELF_CHECK;
use poolproof_harness::record::{CellRecord, HoleRecord};
use std::collections::HashMap;

/// Cells that are no sweep: what comparisons and claims rest on, and the self-check, say in tables
/// of their own.
const NO_SWEEPS: [&str; 3] = ["compare", "claims", SELF_CHECK];

/// The sweeps of a run, in the order in which they ran.
#[must_use]
pub fn sweep_names(run: &Run) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    let names = run.cells.iter().map(|cell| cell.sweep.as_str());
    names.filter(|sweep| !NO_SWEEPS.contains(sweep) && seen.insert(*sweep)).collect()
}

/// The tables of all sweeps, or of one.
#[must_use]
pub fn sweeps(run: &Run, standings: &Standings<'_>, only: Option<&str>) -> Vec<Table> {
    let names = sweep_names(run).into_iter().filter(|sweep| only.is_none_or(|only| only == *sweep));
    names.flat_map(|sweep| of_sweep(run, standings, sweep)).collect()
}

fn of_sweep(run: &Run, standings: &Standings<'_>, sweep: &str) -> Vec<Table> {
    let cells: Vec<&CellRecord> = run.cells.iter().filter(|cell| cell.sweep == sweep).collect();
    let (along, summary) = along(&cells, Across::of(sweep));
    let groups = [(Across::of(sweep), along), (Across::Metrics, summary)]
        .into_iter()
        .flat_map(|(across, cells)| groups(&cells, across).into_iter().map(move |group| (across, group)));
    let tables = groups.enumerate().map(|(number, (across, group))| table(sweep, number, &group, across, standings));
    notes_at_the_end(tables.collect())
}

/// What must be known to read the tables of one sweep is said once, under the last one.
fn notes_at_the_end(mut tables: Vec<Table>) -> Vec<Table> {
    let notes: Vec<String> = tables.iter_mut().flat_map(|table| std::mem::take(&mut table.notes)).collect();
    if let Some(last) = tables.last_mut() {
        notes.iter().for_each(|note| last.note(note));
    }
    tables
}

fn table(sweep: &str, number: usize, group: &Group<'_>, across: Across, standings: &Standings<'_>) -> Table {
    let ranks = if across == Across::Workloads { None } else { ranks(group, across, standings) };
    let mut columns = vec![Column::left("subject")];
    if ranks.is_some() {
        columns.push(Column::right("rank"));
    }
    columns.extend(group.heads.iter().enumerate().map(|(column, head)| {
        let better =
            group.cells.iter().find(|cell| cell.1 == column).map_or(Better::Neither, |c| Better::of(&c.2.better));
        Column::right(&head.text).better(better)
    }));
    let id = crate::escape::slug(&format!("{sweep}-{}", number + 1));
    let mut table = Table::new(id, title(sweep, group, across), columns);
    let mut subjects = group.subjects();
    if let Some(ranks) = &ranks {
        subjects.sort_by_key(|subject| ranks.get(subject).copied().unwrap_or(usize::MAX));
    }
    for subject in subjects {
        let mut cells = vec![Cell::code(subject)];
        if let Some(ranks) = &ranks {
            cells.push(match ranks.get(subject) {
                Some(rank) => Cell::count(*rank as u64),
                None => Cell::text("").mark(standings.mark(subject)).tone(Tone::Warn),
            });
        }
        for column in 0..group.heads.len() {
            cells.push(group.at(subject, column).map_or_else(Cell::nothing, |cell| {
                let cell = Cell::quantity(Quantity::from(cell)).trace(Trace::cell(cell));
                if ranks.is_none() { cell.mark(standings.mark(subject)) } else { cell }
            }));
        }
        if let Some(note) = standings.note(subject) {
            table.note(note);
        }
        table.push(Row::new(cells).subject(subject));
    }
    if ranks.is_some() {
        let by = if across == Across::Metrics { "the first figure" } else { "the best figure of the row" };
        table.note(format!("Rank by {by}: one more than the number of subjects whose whole interval is better."));
    }
    if let Some(cell) = group.cells.first() {
        table.note(format!(
            "Each figure stands with its unit and its {} % interval, from {} {} of {} samples.",
            (cell.2.confidence * 1000.0).round() / 10.0,
            cell.2.launches,
            if cell.2.launches == 1 { "launch" } else { "launches" },
            cell.2.samples,
        ));
    }
    table
}

fn title(sweep: &str, group: &Group<'_>, across: Across) -> String {
    let mut title = format!("Sweep {sweep}: ");
    match (group.metric, group.workload) {
        (Some(metric), Some(workload)) => title.push_str(&format!("{metric} of {workload}")),
        (Some(what), None) | (None, Some(what)) => title.push_str(what),
        (None, None) => {}
    }
    for (name, value) in &group.fixed {
        title.push_str(&format!(", {}", place_in_words(name, *value)));
    }
    if across != Across::Axis("workers")
        && let Some(workers) = group.loose("workers")
    {
        title.push_str(&format!(", workers {workers}"));
    }
    title
}

/// The rank of each subject that keeps its promises; `None` if there is nothing to rank by, or
/// nobody was checked.
fn ranks<'a>(group: &Group<'a>, across: Across, standings: &Standings<'_>) -> Option<HashMap<&'a str, usize>> {
    if !standings.any() {
        return None;
    }
    let better = Better::of(&group.cells.first()?.2.better);
    let sign = match better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
        Better::Neither => return None,
    };
    let best = |subject: &str| -> Option<Quantity> {
        let columns = if across == Across::Metrics { 0..1 } else { 0..group.heads.len() };
        let figures = columns.filter_map(|column| group.at(subject, column)).map(Quantity::from);
        figures.max_by(|a, b| (sign * a.value).total_cmp(&(sign * b.value)))
    };
    let ranked: Vec<(&str, Quantity)> = group
        .subjects()
        .into_iter()
        .filter(|subject| standings.standing(subject) == Standing::Keeps)
        .filter_map(|subject| Some((subject, best(subject)?)))
        .collect();
    let wholly_better = |a: &Quantity, b: &Quantity| if sign > 0.0 { a.low > b.high } else { a.high < b.low };
    Some(
        ranked
            .iter()
            .map(|(subject, own)| (*subject, 1 + ranked.iter().filter(|(_, other)| wholly_better(other, own)).count()))
            .collect(),
    )
}

/// What could not be measured, and why.
#[must_use]
pub fn holes(holes: &[HoleRecord]) -> Table {
    let columns = ["subject", "sweep", "point", "why there is no figure"].map(Column::left);
    let mut table = Table::new("holes", "What could not be measured", columns.to_vec());
    for hole in holes {
        table.push(
            Row::new(vec![
                Cell::code(&hole.subject),
                Cell::text(&hole.sweep),
                Cell::text(&hole.point),
                Cell::text(&hole.reason).tone(Tone::Warn),
            ])
            .subject(&hole.subject)
            .trace(Trace::Hole {
                subject: hole.subject.clone(),
                sweep: hole.sweep.clone(),
                point: hole.point.clone(),
            }),
        );
    }
    table
}

/// All measurements, one a row, as spreadsheets and scripts want them.
#[must_use]
pub fn cells(cells: &[CellRecord]) -> Table {
    let mut columns: Vec<Column> = ["subject", "sweep", "workload", "axes", "metric"].map(Column::left).to_vec();
    columns.extend([
        Column::right("value"),
        Column::left("better"),
        Column::right("launches"),
        Column::right("samples"),
    ]);
    let mut table = Table::new("cells", "Measurements", columns);
    for cell in cells {
        let axes = cell.axes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        table.push(
            Row::new(vec![
                Cell::code(&cell.subject),
                Cell::text(&cell.sweep),
                Cell::code(&cell.workload),
                Cell::text(axes),
                Cell::text(&cell.metric),
                Cell::quantity(Quantity::from(cell)).trace(Trace::cell(cell)),
                Cell::text(&cell.better),
                Cell::count(u64::from(cell.launches)),
                Cell::count(u64::from(cell.samples)),
            ])
            .subject(&cell.subject),
        );
    }
    table
}
