//! Sweeps over numbers as curves: speed-up by workers, time by chunksize.

use super::{Figure, lines};
use crate::run::Run;
use crate::tables::{Cell, Column, Quantity, Row, Table};
use std::collections::BTreeMap;

/// Places on the axis, each with its figure.
type Points = Vec<(f64, Quantity)>;

/// More curves than this in one plot cannot be told apart.
pub(super) const MOST: usize = 12;

/// One plot for each workload of a sweep over numbers: of the metric that says most, or, if that
/// was not measured, of each there is.
pub(super) fn curves(run: &Run, order: &[&str], sweep: &str, axis: &str, best: &str) -> Vec<Figure> {
    let mut groups: BTreeMap<(&str, &str), BTreeMap<&str, Points>> = BTreeMap::new();
    let has_best = run.cells.iter().any(|cell| cell.sweep == sweep && cell.metric == best);
    for cell in run.cells.iter().filter(|cell| cell.sweep == sweep) {
        if has_best && cell.metric != best {
            continue;
        }
        let Some(place) = cell.axes.get(axis) else { continue };
        let place = if axis == GAP && *place == 0.0 { &NO_GAP } else { place };
        if *place <= 0.0 {
            continue;
        }
        let curve = groups.entry((&cell.metric, &cell.workload)).or_default().entry(&cell.subject).or_default();
        curve.retain(|point| point.0 != *place);
        curve.push((*place, Quantity::from(cell)));
    }
    let mut figures = Vec::new();
    for ((metric, workload), by_subject) in groups {
        let ideal = metric == "speed-up" && axis == "workers";
        let mut series: Vec<lines::Series> = by_subject
            .into_iter()
            .map(|(subject, mut points)| {
                if ideal && points.iter().all(|point| point.0 != 1.0) {
                    // That one worker is as fast as one worker is no measurement.
                    points.push((1.0, Quantity { value: 1.0, low: 1.0, high: 1.0, unit: "x".into() }));
                }
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                let look = order.iter().position(|known| *known == subject).unwrap_or(0);
                lines::Series { name: subject.to_owned(), look, points }
            })
            .collect();
        series.sort_by_key(|curve| curve.look);
        series.truncate(MOST);
        let title = format!("{metric} of {workload} by {axis}");
        let label: fn(f64) -> String = if axis == GAP { gap_label } else { |place| place.to_string() };
        let plain = lines::Chart::of(&series);
        let across = if axis == GAP { "gap before each task, in µs" } else { axis };
        let chart = lines::Chart { across, up: metric, ideal, log: !ideal, label, ..plain };
        figures.extend(figure(&title, &chart));
    }
    figures
}

/// A chart with its text alternative and its figures; none if there is nothing to draw.
pub(super) fn figure(title: &str, chart: &lines::Chart<'_>) -> Option<Figure> {
    let description = chart.series.iter().map(|curve| words(curve, chart)).collect::<Vec<_>>().join(" ");
    let id = format!("plot-{}", crate::escape::slug(title));
    let svg = lines::draw(&id, title, &description, chart)?;
    let table = curve_table(&id, title, chart);
    Some(Figure { id, title: title.to_owned(), description, svg, table })
}

/// The axis of the sweep `idle`, in microseconds. Its zero has a place of its own, left of the rest.
const GAP: &str = "gap-us";
const NO_GAP: f64 = 1.0;

fn gap_label(place: f64) -> String {
    if place == NO_GAP { "0".to_owned() } else { place.to_string() }
}

fn words(curve: &lines::Series, chart: &lines::Chart<'_>) -> String {
    let axis = chart.across.split(';').next().unwrap_or("");
    let at = |place: f64| (chart.label)(place);
    let points: Vec<_> =
        curve.points.iter().map(|(place, figure)| format!("{} at {axis} {}", figure.short(), at(*place))).collect();
    format!("{}: {}.", crate::escape::line(&curve.name), points.join(", "))
}

fn curve_table(id: &str, title: &str, chart: &lines::Chart<'_>) -> Table {
    let axis = chart.across.split(';').next().unwrap_or("");
    let mut table = Table::new(
        format!("{id}-table"),
        title,
        vec![Column::left("subject"), Column::right(axis), Column::right("figure")],
    );
    for curve in chart.series {
        for (place, figure) in &curve.points {
            table.push(Row::new(vec![
                Cell::code(&curve.name),
                Cell::text((chart.label)(*place)),
                Cell::quantity(figure.clone()),
            ]));
        }
    }
    table
}
