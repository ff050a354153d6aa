//! Turns runs into tables, plots and pages; owns the `poolproof` command.
//!
//! A run is a directory of records ([`run`]). From records alone come format-neutral
//! [`tables`], [`plots`], one self-contained page ([`html`]) and the other [`documents`]. All text
//! that subjects control passes [`escape`]. What changed between two runs says [`diff`]; the data of
//! other people's benchmarks reads [`criterion`].

pub mod cli;
pub mod commands;
mod console;
pub mod criterion;
pub mod diff;
pub mod documents;
pub mod escape;
#[cfg(test)]
mod golden;
pub mod html;
pub mod plots;
mod progress;
pub mod resolve;
pub mod run;
#[cfg(test)]
mod samples;
mod session;
pub mod tables;
