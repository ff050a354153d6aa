//! The paper that plots are drawn on.

use crate::escape;
use crate::tables::Table;
use std::fmt::{Display, Write};

/// The looks of all plots; the page carries it once, a file of its own carries it inside.
pub const STYLE: &str = include_str!("style.css");

/// A plot, and the same in words and in figures.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its anchor on the page and its name as a file.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The same in words, with the figures.
    pub description: String,
    /// The drawing, without style.
    pub svg: String,
    /// The figures.
    pub table: Table,
}

impl Figure {
    /// The drawing as a file that stands alone.
    #[must_use]
    pub fn file(&self) -> String {
        let at = self.svg.find('>').map_or(0, |end| end + 1);
        format!("{}<style>{STYLE}</style>{}\n", &self.svg[..at], &self.svg[at..])
    }
}

/// A drawing in progress. Lengths are in the units of its view box.
#[derive(Debug)]
pub(super) struct Canvas {
    body: String,
    id: String,
    size: (f64, f64),
}

impl Canvas {
    pub(super) fn new(id: &str, width: f64, height: f64) -> Self {
        Self { body: String::new(), id: id.to_owned(), size: (width, height) }
    }

    /// The name under which this drawing, and no other on the page, has a part called `part`.
    pub(super) fn part(&self, part: impl Display) -> String {
        format!("{}-{part}", self.id)
    }

    pub(super) fn raw(&mut self, svg: impl Display) {
        let _ = write!(self.body, "{svg}");
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.raw(format_args!(
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            Short(x1),
            Short(y1),
            Short(x2),
            Short(y2)
        ));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escape::xml(&escape::shorten(&escape::line(text), text, 40));
        self.raw(format_args!(r#"<text class="{class}" x="{}" y="{}">{text}</text>"#, Short(x), Short(y)));
    }

    /// A line through `points`.
    pub(super) fn path(&mut self, class: &str, attributes: &str, points: &[(f64, f64)]) {
        let points: String = points.iter().map(|(x, y)| format!("{},{} ", Short(*x), Short(*y))).collect();
        self.raw(format_args!(r#"<polyline class="{class}" {attributes} points="{}"/>"#, points.trim_end()));
    }

    /// The area within `points`.
    pub(super) fn area(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: String = points.iter().map(|(x, y)| format!("{},{} ", Short(*x), Short(*y))).collect();
        self.raw(format_args!(r#"<polygon class="{class}" points="{}"/>"#, points.trim_end()));
    }

    pub(super) fn rect(&mut self, class: &str, attributes: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.raw(format_args!(
            r#"<rect class="{class}" {attributes} x="{}" y="{}" width="{}" height="{}"/>"#,
            Short(x),
            Short(y),
            Short(width.max(0.0)),
            Short(height.max(0.0))
        ));
    }

    /// The whole drawing with its text alternative.
    pub(super) fn finish(self, title: &str, description: &str) -> String {
        let (width, height) = self.size;
        let (id, title, description) = (&self.id, escape::xml(&escape::line(title)), escape::xml(description));
        format!(
            concat!(
                r#"<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" "#,
                r#"role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title>"#,
                r#"<desc id="{id}-d">{description}</desc>{body}</svg>"#
            ),
            width = Short(width),
            height = Short(height),
            id = id,
            title = title,
            description = description,
            body = self.body
        )
    }
}

/// A length with one decimal at most: nobody sees more, and pages stay small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Short(pub(super) f64);

impl Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round();
        if !tenths.is_finite() {
            return f.write_str("0");
        }
        // Whole numbers are written many times faster than others, and a large page has a million lengths.
        let (sign, tenths) = (if tenths < 0.0 { "-" } else { "" }, tenths.abs() as u64);
        match (tenths / 10, tenths % 10) {
            (whole, 0) => write!(f, "{sign}{whole}"),
            (whole, tenth) => write!(f, "{sign}{whole}.{tenth}"),
        }
    }
}
