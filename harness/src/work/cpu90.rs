//! Nine parts of computing to one of waiting: what a program does that loads what it works on.

use super::kind::{Kind, of_time};
use super::{Work, cpu, sleep};
use std::io;

pub(super) const KIND: Kind =
    Kind { name: "cpu90", unit: "us", example: 1000, nominal_micros: of_time, computes: 0.9, law: None };

pub(super) fn run(work: &Work, micros: u64) -> io::Result<()> {
    sleep::run(work, micros / 10)?;
    cpu::run(work, micros)
}
