//! `report`: renders a run again, compares it with another, traces a figure, reads criterion's data.

mod against;
mod command;
mod criterion;
mod trace;

pub use command::{Options, run};
