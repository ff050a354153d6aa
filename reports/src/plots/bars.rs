//! Bars in groups, with whiskers for the intervals.

use super::canvas::Canvas;
use super::marks::{colour, hatch};
use super::scale::Scale;
use crate::tables::Quantity;

/// One group of bars; the bars of one subject have the same place in each group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) bars: Vec<Option<Quantity>>,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 600.0;
const BAR: f64 = 15.0;

/// Draws the groups below each other, bars from left to right; `None` if there is nothing to draw.
/// Each subject has a name and a look. With `line` a mark stands where the figure is one.
pub(super) fn draw(
    id: &str,
    title: &str,
    description: &str,
    subjects: &[(String, usize)],
    groups: &[Group],
    line: bool,
) -> Option<String> {
    let all = || groups.iter().flat_map(|group| group.bars.iter().flatten());
    let highest = all().map(|figure| figure.high).fold(0.0, f64::max);
    if !highest.is_finite() || highest <= 0.0 {
        return None;
    }
    let per_group = subjects.len() as f64 * (BAR + 3.0) + 26.0;
    let bottom = 10.0 + per_group * groups.len() as f64;
    let x = Scale::linear((0.0, highest * 1.02), (LEFT, RIGHT));
    let mut canvas = Canvas::new(id, WIDTH, bottom + 30.0);
    let hatches: Vec<String> = subjects.iter().map(|(_, look)| hatch(&mut canvas, *look)).collect();
    let unit = all().next().map_or_else(String::new, |figure| figure.unit.clone());
    for tick in x.ticks() {
        canvas.line("grid", (x.at(tick), 10.0), (x.at(tick), bottom));
        let label = Quantity { value: tick, low: tick, high: tick, unit: unit.clone() }.figure();
        canvas.text("soft mid", (x.at(tick), bottom + 18.0), &label);
    }
    if line && highest >= 1.0 {
        canvas.line("ideal", (x.at(1.0), 10.0), (x.at(1.0), bottom));
    }
    for (place, group) in groups.iter().enumerate() {
        let top = 10.0 + per_group * place as f64;
        canvas.text("", (8.0, top + 14.0), &group.name);
        for (number, ((subject, look), figure)) in subjects.iter().zip(&group.bars).enumerate() {
            let y = top + 20.0 + number as f64 * (BAR + 3.0);
            canvas.text("soft end", (LEFT - 8.0, y + 12.0), subject);
            let Some(figure) = figure else {
                canvas.text("soft", (LEFT + 6.0, y + 12.0), "no figure");
                continue;
            };
            let size = (x.at(figure.value) - LEFT, BAR);
            canvas.rect(&format!("tint {}", colour(*look)), "", (LEFT, y), size);
            canvas.rect(
                &format!("bar {}", colour(*look)),
                &format!("fill=\"url(#{})\"", hatches[number]),
                (LEFT, y),
                size,
            );
            let middle = y + BAR / 2.0;
            canvas.line("err", (x.at(figure.low), middle), (x.at(figure.high), middle));
            for end in [figure.low, figure.high] {
                canvas.line("err", (x.at(end), middle - 4.0), (x.at(end), middle + 4.0));
            }
            canvas.text("in", (x.at(figure.high) + 6.0, y + 12.0), &figure.figure());
        }
    }
    canvas.line("axis", (LEFT, 10.0), (LEFT, bottom));
    Some(canvas.finish(title, description))
}
