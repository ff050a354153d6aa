//! Timelines: who did what when.

use super::canvas::Canvas;
use super::marks::{colour, hatch};
use super::scale::Scale;
use crate::tables::Quantity;

/// One row of a timeline.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) spans: Vec<Span>,
    /// Moments without a length, in nanoseconds.
    pub(super) ticks: Vec<u64>,
}

/// A stretch of time on a lane.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) label: String,
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
    /// It had not ended when the timeline did.
    pub(super) open: bool,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 690.0;
const LANE: f64 = 30.0;

/// Draws the lanes below each other; `None` if there is nothing to draw. `mark` is where an
/// executor without overhead would have ended.
pub(super) fn draw(id: &str, title: &str, description: &str, lanes: &[Lane], mark: Option<u64>) -> Option<String> {
    let ends =
        lanes.iter().flat_map(|lane| lane.spans.iter().map(|span| span.end_ns).chain(lane.ticks.iter().copied()));
    let end = ends.chain(mark).max()?.max(1);
    let bottom = 14.0 + LANE * lanes.len() as f64;
    let x = Scale::linear((0.0, end as f64), (LEFT, RIGHT));
    let at = |ns: u64| x.at(ns as f64);
    let mut canvas = Canvas::new(id, WIDTH, bottom + 30.0);
    for tick in x.ticks() {
        canvas.line("grid", (x.at(tick), 10.0), (x.at(tick), bottom));
        let label = Quantity { value: tick, low: tick, high: tick, unit: "ns".into() }.figure();
        canvas.text("soft mid", (x.at(tick), bottom + 18.0), &label);
    }
    for (number, lane) in lanes.iter().enumerate() {
        let y = 14.0 + LANE * number as f64;
        let pattern = hatch(&mut canvas, number);
        canvas.text("soft end", (LEFT - 8.0, y + 18.0), &lane.name);
        for span in &lane.spans {
            let size = ((at(span.end_ns) - at(span.start_ns)).max(1.0), LANE - 8.0);
            let from = (at(span.start_ns), y + 2.0);
            let open = if span.open { " open" } else { "" };
            canvas.rect(&format!("tint {}", colour(number)), "", from, size);
            canvas.rect(&format!("bar {}{open}", colour(number)), &format!("fill=\"url(#{pattern})\""), from, size);
            // A label that does not fit would hide its neighbour; the table has it.
            if size.0 > 7.0 * span.label.chars().count() as f64 {
                canvas.text("in", (from.0 + 5.0, y + 17.0), &span.label);
            }
        }
        for tick in &lane.ticks {
            canvas.line("err", (at(*tick), y + 4.0), (at(*tick), y + LANE - 8.0));
        }
    }
    if let Some(mark) = mark {
        canvas.line("ideal", (at(mark), 8.0), (at(mark), bottom));
    }
    canvas.line("axis", (LEFT, bottom), (RIGHT, bottom));
    Some(canvas.finish(title, description))
}
