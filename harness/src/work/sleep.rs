//! Sleeping: blocking input and output at its purest.

use super::Work;
use super::kind::{Kind, of_time};
use crate::blocking;
use std::io;
use std::time::Duration;

pub(super) const KIND: Kind =
    Kind { name: "sleep", unit: "us", example: 1000, nominal_micros: of_time, computes: 0.0, law: None };

pub(super) fn run(_work: &Work, micros: u64) -> io::Result<()> {
    blocking(|| std::thread::sleep(Duration::from_micros(micros)));
    Ok(())
}
