//! Streaming through memory: what is bound by the memory that all cores share.

use super::Work;
use super::kind::Kind;
use std::cell::RefCell;
use std::io;
use std::time::Duration;

pub(super) const KIND: Kind =
    Kind { name: "memory", unit: "KiB", example: 16384, nominal_micros, computes: 0.0, law: None };

fn nominal_micros(kib: u64, _latency: Duration) -> u64 {
    1 + kib / 4
}

thread_local! {
    /// What the worker's tasks stream through, so that the allocator has no part in the figure
    /// after the first.
    static BUFFER: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn run(work: &Work, kib: u64) -> io::Result<()> {
    let words = usize::try_from(kib * 1024 / 8).map_err(io::Error::other)?;
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(words.max(buffer.len()), 0);
        let stream = &mut buffer[..words];
        stream.iter_mut().enumerate().for_each(|(place, word)| *word = work.number ^ place as u64);
        std::hint::black_box(&mut *stream);
        let sum = stream.iter().enumerate().fold(0, |sum, (place, word)| sum | (word ^ place as u64 ^ work.number));
        if sum == 0 { Ok(()) } else { Err(io::Error::other("memory came back changed")) }
    })
}
