//! Tables as text: for the terminal, as Markdown, CSV and JSON. The page renders them itself.

mod csv;
mod json;
mod markdown;
mod terminal;
#[cfg(test)]
mod tests;
mod widths;

pub use csv::csv;
pub use json::json;
pub use markdown::markdown;
pub use terminal::{Screen, terminal};
