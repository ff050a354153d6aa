//! Tables: built once from records, rendered for the terminal, Markdown, CSV, JSON and HTML.

mod claims;
mod comparison;
mod conformance;
mod kills;
mod mutants;
mod pivot;
mod quantity;
pub mod render;
mod requirements;
mod self_check;
mod standing;
mod subjects;
mod sweeps;
mod table;
mod trust;

pub use claims::{claims, experiments};
pub use comparison::comparisons;
pub(crate) use conformance::unkept;
pub use conformance::{counts, failures, matrix, verdicts};
pub use kills::kill_matrix;
pub use mutants::mutants;
pub use quantity::Quantity;
pub(crate) use requirements::{area_of, areas};
pub use requirements::{by_requirement, requirements};
pub use self_check::{calibration, floors};
pub use standing::{Standing, Standings};
pub use subjects::subjects;
pub use sweeps::{cells, holes, sweep_names, sweeps};
pub use table::{Align, Better, Cell, Column, Content, Row, Table, Tone};
pub use trust::{damage, trust};
