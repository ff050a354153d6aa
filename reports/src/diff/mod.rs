//! What changed between two runs of the same machine: in behaviour, and in speed.

mod agreement;
mod behaviour;
mod hosts;
mod speed;
mod summary;

pub use agreement::{Agreement, agreement};
pub use behaviour::{Change, Turn, changes};
pub use hosts::differences;
pub use speed::{Shift, Shifts, shifts};
pub use summary::{Difference, diff};
