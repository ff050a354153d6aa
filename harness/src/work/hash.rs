//! Hashing: computing that an interpreter with a lock does outside of it, as `hashlib` does for large
//! buffers.

use super::Work;
use super::kind::Kind;
use crate::blocking;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::time::Duration;

pub(super) const KIND: Kind =
    Kind { name: "hash", unit: "KiB", example: 256, nominal_micros, computes: 0.0, law: None };

fn nominal_micros(kib: u64, _latency: Duration) -> u64 {
    1 + kib
}

pub(super) fn run(_work: &Work, kib: u64) -> io::Result<()> {
    static BLOCK: [u8; 1024] = [7; 1024];
    blocking(|| {
        let mut hasher = DefaultHasher::new();
        (0..kib).for_each(|_| hasher.write(&BLOCK));
        std::hint::black_box(hasher.finish());
    });
    Ok(())
}
