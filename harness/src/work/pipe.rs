//! Bytes through a pipe of the task's own, each read back before the next: system calls that never
//! wait for anybody.

use super::Work;
use super::kind::Kind;
use crate::blocking;
use std::io::{self, Read, Write};
use std::time::Duration;

pub(super) const KIND: Kind = Kind { name: "pipe", unit: "", example: 100, nominal_micros, computes: 0.0, law: None };

fn nominal_micros(trips: u64, _latency: Duration) -> u64 {
    10 + trips
}

pub(super) fn run(_work: &Work, trips: u64) -> io::Result<()> {
    blocking(|| echo(trips))
}

fn echo(trips: u64) -> io::Result<()> {
    let (mut reader, mut writer) = io::pipe()?;
    for trip in 0..trips {
        let sent = [trip as u8];
        let mut came = [0];
        writer.write_all(&sent)?;
        reader.read_exact(&mut came)?;
        if came != sent {
            return Err(io::Error::other("the byte came back changed"));
        }
    }
    Ok(())
}
