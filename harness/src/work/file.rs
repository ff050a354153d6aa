//! A temporary file, written and read back.

use super::Work;
use super::kind::Kind;
use crate::blocking;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;

pub(super) const KIND: Kind = Kind { name: "file", unit: "KiB", example: 64, nominal_micros, computes: 0.0, law: None };

fn nominal_micros(kib: u64, _latency: Duration) -> u64 {
    20 + kib / 2
}

pub(super) fn run(_work: &Work, kib: u64) -> io::Result<()> {
    blocking(|| round_trip(kib))
}

/// Block by block through the same few pages, so that the allocator has no part in the figure.
fn round_trip(kib: u64) -> io::Result<()> {
    const BLOCK: u64 = 16 * 1024;
    let written = [7_u8; BLOCK as usize];
    let mut read = [0_u8; BLOCK as usize];
    let mut file: File = tempfile::tempfile()?;
    let lengths = || {
        let bytes = kib.saturating_mul(1024);
        (0..bytes).step_by(BLOCK as usize).map(move |at| BLOCK.min(bytes - at) as usize)
    };
    for length in lengths() {
        file.write_all(&written[..length])?;
    }
    file.seek(SeekFrom::Start(0))?;
    for length in lengths() {
        file.read_exact(&mut read[..length])?;
        if read[..length] != written[..length] {
            return Err(io::Error::other("the file came back changed"));
        }
    }
    Ok(())
}
