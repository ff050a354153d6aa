//! Computing: the calibrated spin loop, which touches no memory.

use super::Work;
use super::kind::{Kind, of_time};
use super::spin::spin;
use std::io;

pub(super) const KIND: Kind =
    Kind { name: "cpu", unit: "us", example: 100, nominal_micros: of_time, computes: 1.0, law: None };

pub(super) fn run(work: &Work, _micros: u64) -> io::Result<()> {
    std::hint::black_box(spin(work.turns));
    Ok(())
}
