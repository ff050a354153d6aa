//! What tells series apart without colour: dashes, markers and hatches.

use super::canvas::{Canvas, Short};

/// How many colours, dashes and hatches there are. From the next series on they are combined anew,
/// so that twice as many can be told apart.
const LOOKS: usize = 8;

/// The dash, marker and hatch of a series: the second round is shifted against the colours.
fn shape(series: usize) -> usize {
    (series + 3 * (series / LOOKS)) % LOOKS
}

/// The class that gives a series its colour.
pub(super) fn colour(series: usize) -> String {
    format!("c{}", series % LOOKS)
}

/// The dashes of a series' line, as an attribute.
pub(super) fn dash(series: usize) -> &'static str {
    [
        "",
        r#"stroke-dasharray="7 3""#,
        r#"stroke-dasharray="2 3""#,
        r#"stroke-dasharray="9 3 2 3""#,
        r#"stroke-dasharray="4 2""#,
        r#"stroke-dasharray="1 2""#,
        r#"stroke-dasharray="12 4""#,
        r#"stroke-dasharray="9 2 2 2 2 2""#,
    ][shape(series)]
}

/// Draws the marker of a series.
pub(super) fn marker(canvas: &mut Canvas, series: usize, (x, y): (f64, f64)) {
    let class = format!("m {}{}", colour(series), if shape(series).is_multiple_of(2) { " full" } else { "" });
    let (left, right, top, bottom) = (Short(x - 4.0), Short(x + 4.0), Short(y - 4.0), Short(y + 4.0));
    let (x, y) = (Short(x), Short(y));
    canvas.raw(match shape(series) {
        0 | 4 => format!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="4"/>"#),
        1 | 5 => format!(r#"<path class="{class}" d="M{left} {top}H{right}V{bottom}H{left}Z"/>"#),
        2 | 6 => format!(r#"<path class="{class}" d="M{x} {top}L{right} {bottom}H{left}Z"/>"#),
        _ => format!(r#"<path class="{class}" d="M{x} {top}L{right} {y}L{x} {bottom}L{left} {y}Z"/>"#),
    });
}

/// Defines the hatch of a series' bars and gives its name.
pub(super) fn hatch(canvas: &mut Canvas, series: usize) -> String {
    let name = canvas.part(format_args!("h{series}"));
    let lines = match shape(series) {
        0 => "",
        1 => "M0 8L8 0M-2 2L2 -2M6 10L10 6",
        2 => "M0 0L8 8M-2 6L2 10M6 -2L10 2",
        3 => "M0 4H8",
        4 => "M4 0V8",
        5 => "M0 8L8 0M0 0L8 8",
        6 => "M0 4H8M4 0V8",
        _ => "M2 2h.1M6 6h.1",
    };
    canvas.raw(format_args!(
        r#"<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse"><path class="h {}" d="{lines}"/></pattern>"#,
        colour(series)
    ));
    name
}
