//! Nine parts of waiting to one of computing: what a client of a remote service does.

use super::kind::{Kind, of_time};
use super::{Work, cpu, sleep};
use std::io;

pub(super) const KIND: Kind =
    Kind { name: "io90", unit: "us", example: 1000, nominal_micros: of_time, computes: 0.1, law: None };

pub(super) fn run(work: &Work, micros: u64) -> io::Result<()> {
    sleep::run(work, micros * 9 / 10)?;
    cpu::run(work, micros)
}
