//! Threads, processes and the interpreter lock side by side.

use super::{Figure, bars};
use crate::run::Run;
use crate::tables::{Cell, Column, Quantity, Row, Table};
use poolproof_harness::record::CellRecord;

/// Threads, processes and the interpreter lock on I/O and on computing.
pub(super) fn kinds(run: &Run, order: &[&str]) -> Vec<Figure> {
    let cells: Vec<&CellRecord> = run.cells.iter().filter(|cell| cell.sweep == "io-cpu").collect();
    let metric = ["speed-up", "throughput"].into_iter().find(|metric| cells.iter().any(|cell| cell.metric == *metric));
    let Some(metric) = metric else { return Vec::new() };
    let cells: Vec<_> = cells.into_iter().filter(|cell| cell.metric == metric).collect();
    let most = cells.iter().filter_map(|cell| cell.axes.get("workers")).copied().fold(0.0, f64::max);
    let cells: Vec<_> =
        cells.into_iter().filter(|cell| cell.axes.get("workers").is_none_or(|workers| *workers == most)).collect();
    let mut subjects: Vec<(String, usize)> = order.iter().map(ToString::to_string).zip(0..).collect();
    subjects.retain(|(subject, _)| cells.iter().any(|cell| cell.subject == *subject));
    subjects.truncate(super::metrics::MOST);
    let mut workloads: Vec<&str> = Vec::new();
    for cell in &cells {
        if !workloads.contains(&cell.workload.as_str()) {
            workloads.push(&cell.workload);
        }
    }
    let title = format!("{metric} on I/O and on computing, with {most} workers");
    let groups: Vec<bars::Group> = workloads
        .iter()
        .map(|workload| {
            let of = |subject: &String| {
                cells.iter().rev().find(|cell| cell.workload == *workload && cell.subject == *subject)
            };
            let bars = subjects.iter().map(|(subject, _)| of(subject).map(|cell| Quantity::from(*cell))).collect();
            bars::Group { name: (*workload).to_owned(), bars }
        })
        .collect();
    let mut table = Table::new(
        "plot-io-cpu-table",
        &title,
        vec![Column::left("workload"), Column::left("subject"), Column::right(metric)],
    );
    let mut description = String::new();
    for group in &groups {
        for ((subject, _), figure) in subjects.iter().zip(&group.bars) {
            let Some(figure) = figure else { continue };
            description.push_str(&format!("{}, {subject}: {}. ", group.name, figure.short()));
            table.push(Row::new(vec![Cell::code(&group.name), Cell::code(subject), Cell::quantity(figure.clone())]));
        }
    }
    let svg = bars::draw("plot-io-cpu", &title, &description, &subjects, &groups, metric == "speed-up");
    svg.into_iter()
        .map(|svg| Figure {
            id: "plot-io-cpu".into(),
            title: title.clone(),
            description: description.clone(),
            svg,
            table: table.clone(),
        })
        .collect()
}
