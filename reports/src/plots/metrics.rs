//! Sweeps whose metrics stand for themselves: one bar plot for each.

use super::{Figure, bars};
use crate::run::Run;
use crate::tables::{Cell, Column, Quantity, Row, Table, place_in_words};
use poolproof_harness::record::CellRecord;

/// More subjects than this are in the tables only.
pub(super) const MOST: usize = 24;

/// One plot for each metric of `sweep`, whatever metrics it has: a group for each point, a bar for
/// each subject.
pub(super) fn metrics(run: &Run, order: &[&str], sweep: &str) -> Vec<Figure> {
    let cells: Vec<&CellRecord> = run.cells.iter().filter(|cell| cell.sweep == sweep).collect();
    let mut names: Vec<&str> = Vec::new();
    for cell in &cells {
        if !names.contains(&cell.metric.as_str()) {
            names.push(&cell.metric);
        }
    }
    names.into_iter().filter_map(|metric| plot(order, sweep, metric, &cells)).collect()
}

fn plot(order: &[&str], sweep: &str, metric: &str, cells: &[&CellRecord]) -> Option<Figure> {
    let cells: Vec<&&CellRecord> = cells.iter().filter(|cell| cell.metric == metric).collect();
    let mut subjects: Vec<(String, usize)> = order.iter().map(ToString::to_string).zip(0..).collect();
    subjects.retain(|(subject, _)| cells.iter().any(|cell| cell.subject == *subject));
    subjects.truncate(MOST);
    let mut points: Vec<String> = Vec::new();
    for cell in &cells {
        let point = point(cell);
        if !points.contains(&point) {
            points.push(point);
        }
    }
    points.truncate(6);
    let title = format!("{metric} ({sweep})");
    let id = format!("plot-{}", crate::escape::slug(&format!("{sweep}-{metric}")));
    let mut table = Table::new(
        format!("{id}-table"),
        &title,
        vec![Column::left("point"), Column::left("subject"), Column::right(metric)],
    );
    let (mut groups, mut description) = (Vec::new(), String::new());
    for name in points {
        let of = |subject: &str| cells.iter().rev().find(|cell| cell.subject == subject && point(cell) == name);
        let bars: Vec<Option<Quantity>> =
            subjects.iter().map(|(subject, _)| of(subject).map(|cell| Quantity::from(**cell))).collect();
        for ((subject, _), figure) in subjects.iter().zip(&bars) {
            let Some(figure) = figure else { continue };
            description.push_str(&format!("{name}, {}: {}. ", crate::escape::line(subject), figure.short()));
            table.push(Row::new(vec![Cell::text(&name), Cell::code(subject), Cell::quantity(figure.clone())]));
        }
        groups.push(bars::Group { name, bars });
    }
    let svg = bars::draw(&id, &title, &description, &subjects, &groups, false)?;
    Some(Figure { id, title, description, svg, table })
}

/// Where a figure was taken, in words.
fn point(cell: &CellRecord) -> String {
    let axes: Vec<String> = cell.axes.iter().map(|(name, value)| place_in_words(name, *value)).collect();
    if axes.is_empty() { cell.workload.clone() } else { format!("{}, {}", cell.workload, axes.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::cell;
    use poolproof_harness::record::Record;

    #[test]
    fn a_metric_that_nobody_has_heard_of_gets_a_plot() {
        let of =
            |subject, metric, value| Record::Cell(cell(subject, "memory", "empty", ("workers", 2.0), metric, value));
        let run = Run::of(vec![
            of("thread", "bytes-per-wish", 90.0),
            of("rayon", "bytes-per-wish", 40.0),
            of("rayon", "b", 1.0),
        ]);
        let figures = metrics(&run, &run.addresses(), "memory");
        let titles: Vec<_> = figures.iter().map(|figure| figure.title.as_str()).collect();
        assert_eq!(titles, ["bytes-per-wish (memory)", "b (memory)"]);
        assert_eq!(figures[0].table.rows.len(), 2);
        assert!(metrics(&run, &run.addresses(), "absent").is_empty());
    }
}
