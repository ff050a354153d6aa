//! Curves with interval bands.

use super::canvas::Canvas;
use super::marks::{colour, dash, marker};
use super::scale::Scale;
use crate::tables::Quantity;

/// One curve.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    /// Its look, the same in all plots of a run.
    pub(super) look: usize,
    /// Place on the axis and figure, ascending.
    pub(super) points: Vec<(f64, Quantity)>,
}

/// What is drawn beside the curves.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    pub(super) across: &'a str,
    pub(super) up: &'a str,
    pub(super) series: &'a [Series],
    /// Whether the figure cannot be better than the place on the axis: the ideal speed-up.
    pub(super) ideal: bool,
    /// Whether equal ratios take equal heights.
    pub(super) log: bool,
    /// What stands below a place on the axis.
    pub(super) label: fn(f64) -> String,
    /// Places on the axis that were found, each with its interval.
    pub(super) marks: &'a [Mark],
}

/// A place on the axis that a curve leads to.
#[derive(Debug)]
pub(super) struct Mark {
    /// The look of its curve.
    pub(super) look: usize,
    pub(super) height: f64,
    pub(super) across: Quantity,
}

impl<'a> Chart<'a> {
    /// A plain chart of `series`, without words.
    pub(super) fn of(series: &'a [Series]) -> Self {
        Self { across: "", up: "", series, ideal: false, log: false, label: |place| place.to_string(), marks: &[] }
    }
}

const SIZE: (f64, f64) = (720.0, 360.0);
const LEFT: f64 = 70.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 310.0;

/// Draws the chart; `None` if there is nothing to draw.
pub(super) fn draw(id: &str, title: &str, description: &str, chart: &Chart<'_>) -> Option<String> {
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let mut places: Vec<f64> = points().map(|point| point.0).filter(|place| *place > 0.0).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let (first, last) = (*places.first()?, *places.last()?);
    let highest = points().map(|point| point.1.high).fold(0.0, f64::max);
    let lowest = points().map(|point| point.1.low).filter(|low| *low > 0.0).fold(f64::INFINITY, f64::min);
    if !highest.is_finite() || highest <= 0.0 {
        return None;
    }
    // An interval far beyond all figures ends at the edge: it must not squeeze the curves together.
    let largest = points().map(|point| point.1.value).fold(0.0, f64::max);
    let top = if largest > 0.0 { highest.min(largest * 2.0) } else { highest };
    let top = if chart.ideal { top.max(last) } else { top };
    let x = Scale::log((first, last), (LEFT + 15.0, RIGHT - 15.0));
    let log = chart.log && lowest.is_finite();
    let y = if log {
        let smallest = points().map(|point| point.1.value).filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        Scale::log((lowest.max(smallest / 2.0) * 0.8, top * 1.2), (BOTTOM, TOP))
    } else {
        Scale::linear((0.0, top * 1.05), (BOTTOM, TOP))
    };

    let mut canvas = Canvas::new(id, SIZE.0, SIZE.1);
    axes(&mut canvas, chart, &places, x, y);
    if chart.ideal {
        canvas.path("ideal", "", &[(x.at(first), y.at(first)), (x.at(last), y.at(last))]);
    }
    for mark in chart.marks {
        let at = |value: f64| (x.at(value), y.at(mark.height));
        let (centre, ends) = (at(mark.across.value), [at(mark.across.low), at(mark.across.high)]);
        canvas.line(&format!("mark w {}", colour(mark.look)), (centre.0, y.at(0.0)), centre);
        canvas.line(&format!("w {}", colour(mark.look)), ends[0], ends[1]);
    }
    for series in chart.series {
        curve(&mut canvas, series, x, y);
    }
    legend(&mut canvas, chart);
    Some(canvas.finish(title, description))
}

fn axes(canvas: &mut Canvas, chart: &Chart<'_>, places: &[f64], x: Scale, y: Scale) {
    let unit = chart.series.iter().find_map(|series| series.points.first()).map_or("", |point| &point.1.unit);
    for tick in y.ticks() {
        canvas.line("grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick)));
        let label = Quantity { value: tick, low: tick, high: tick, unit: unit.to_owned() }.figure();
        canvas.text("soft end", (LEFT - 8.0, y.at(tick) + 4.0), &label);
    }
    let mut free_from = f64::NEG_INFINITY;
    for place in places {
        canvas.line("axis", (x.at(*place), BOTTOM), (x.at(*place), BOTTOM + 5.0));
        let label = (chart.label)(*place);
        let half = 4.0 * label.len() as f64;
        if x.at(*place) - half > free_from {
            canvas.text("soft mid", (x.at(*place), BOTTOM + 20.0), &label);
            free_from = x.at(*place) + half;
        }
    }
    canvas.line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
    canvas.text("mid", ((LEFT + RIGHT) / 2.0, BOTTOM + 40.0), chart.across);
    canvas.text("", (8.0, 12.0), chart.up);
}

fn curve(canvas: &mut Canvas, series: &Series, x: Scale, y: Scale) {
    let place = |point: &(f64, Quantity), value: f64| (x.at(point.0), y.at(value));
    let highs = series.points.iter().map(|point| place(point, point.1.high));
    let lows = series.points.iter().rev().map(|point| place(point, point.1.low));
    let band: Vec<_> = highs.chain(lows).collect();
    canvas.area(&format!("b {}", colour(series.look)), &band);
    let line: Vec<_> = series.points.iter().map(|point| place(point, point.1.value)).collect();
    canvas.path(&format!("l {}", colour(series.look)), dash(series.look), &line);
    for point in &series.points {
        canvas.line(&format!("w {}", colour(series.look)), place(point, point.1.low), place(point, point.1.high));
        marker(canvas, series.look, place(point, point.1.value));
    }
}

fn legend(canvas: &mut Canvas, chart: &Chart<'_>) {
    let row = |number: usize| TOP + 8.0 + 20.0 * number as f64;
    for (number, series) in chart.series.iter().enumerate() {
        let (from, to) = ((RIGHT + 15.0, row(number)), (RIGHT + 45.0, row(number)));
        canvas.path(&format!("l {}", colour(series.look)), dash(series.look), &[from, to]);
        marker(canvas, series.look, (RIGHT + 30.0, row(number)));
        canvas.text("", (RIGHT + 52.0, row(number) + 4.0), &series.name);
    }
    if chart.ideal {
        let y = row(chart.series.len());
        canvas.path("ideal", "", &[(RIGHT + 15.0, y), (RIGHT + 45.0, y)]);
        canvas.text("soft", (RIGHT + 52.0, y + 4.0), "ideal");
    }
}
