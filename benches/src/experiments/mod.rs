//! The three experiments of the notes, on any subject.
//!
//! Each task sleeps for so many seconds and returns twice that number. What an experiment reports
//! was returned by the executor, in the order in which it came; whether that is the promised order
//! is decided from the input and from the history of the tasks, never from a fixed text. A
//! `scale` shortens all sleeps alike: 1.0 are the notes' own seconds.

mod experiment;
mod stage;
mod three;

pub use experiment::{Experiment, Span};
pub use three::{completion_order, map_order, submit_result};
