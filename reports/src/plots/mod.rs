//! Plots as hand-written SVG: in the page, and as files that stand alone.
//!
//! Every plot can be read in black and white (dashes, markers and hatches tell the series apart),
//! in the dark, and without eyes: it has a title, a description with the figures, and a table.

mod bars;
mod canvas;
mod curves;
mod figures;
mod gantt;
mod granularity;
mod heat;
mod kinds;
mod lines;
mod marks;
mod metrics;
mod performance;
mod scale;
mod spectrum;
mod text;
mod timelines;

pub use canvas::{Figure, STYLE};
pub use figures::figures;
pub use text::timeline_text;
pub use timelines::history;
