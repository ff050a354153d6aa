//! What this machine needs for the things that executors are made of.
//!
//! | metric | what is timed |
//! | --- | --- |
//! | `clock-read` | one reading of the monotonic clock, from the mean over many |
//! | `cache-line-round-trip` | two threads that never sleep write to one cache line in turn |
//! | `futex-round-trip` | two threads wake each other in turn through a mutex and a condition variable |
//! | `pipe-round-trip` | a byte to another process through a pipe, and one back |
//! | `thread-start` | a thread is started and joined |
//! | `process-start` | the smallest program is started and waited for |
//!
//! Each is the median, in nanoseconds, with the interval that a percentile has: what takes turns with the sweeps is looked
//! at as often as they are launched.

use super::{Figure, SELF_CHECK};
use crate::Holes;
use crate::engine::counts;
use crate::stats::{Bootstrap, Series};
use crate::sweep::trips_interval;
use poolproof_harness::now_ns;
use poolproof_harness::record::Record;
use std::collections::BTreeMap;
use std::hint::spin_loop;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

type Floor = fn() -> io::Result<Vec<f64>>;

const FLOORS: [(&str, Floor); 6] = [
    ("clock-read", clock),
    ("cache-line-round-trip", cache_line),
    ("futex-round-trip", futex),
    ("pipe-round-trip", pipe),
    ("thread-start", threads),
    ("process-start", processes),
];

/// What was seen of the floors so far. A machine is not the same for long, and floors that were looked at once would know
/// nothing of it: they are looked at again and again while other things are measured.
#[derive(Default)]
pub(super) struct Floors {
    seen: [Seen; FLOORS.len()],
}

/// The samples of every look at one floor, and why one had none.
#[derive(Default)]
struct Seen {
    looks: Series,
    failed: Option<String>,
}

impl Floors {
    /// Measures each of them once.
    pub(super) fn look(&mut self) {
        for ((_, measure), seen) in FLOORS.iter().zip(&mut self.seen) {
            match measure() {
                Ok(samples) => seen.looks.push(samples),
                Err(error) => seen.failed = Some(error.to_string()),
            }
        }
    }

    /// Passes a cell for each to `sink`, subject `host`. What could not be measured is a hole.
    pub(super) fn told(self, sink: &mut dyn FnMut(Record)) {
        let mut holes = Holes::default();
        for ((metric, _), seen) in FLOORS.iter().zip(self.seen) {
            let interval = match seen.failed {
                Some(reason) => Err(reason),
                None => trips_interval(&seen.looks, 0.5, &Bootstrap::seeded(0)).map_err(|error| error.to_string()),
            };
            match interval {
                Ok(interval) => {
                    let (launches, samples) = counts(&seen.looks);
                    let (subject, workload, axes) = ("host", "floor", BTreeMap::new());
                    sink(Figure { subject, workload, axes, metric, interval, launches, samples }.record());
                }
                Err(reason) => holes.add(SELF_CHECK, "host", metric, reason),
            }
        }
        holes.into_iter().map(Record::Hole).for_each(sink);
    }
}

fn clock() -> io::Result<Vec<f64>> {
    const READINGS: u64 = 2_000;
    let sample = |_| {
        let start = now_ns();
        for _ in 1..READINGS {
            std::hint::black_box(now_ns());
        }
        (now_ns() - start) as f64 / READINGS as f64
    };
    Ok((0..25).map(sample).collect())
}

fn cache_line() -> io::Result<Vec<f64>> {
    const TRIPS: u64 = 500;
    const SAMPLES: u64 = 25;
    if thread::available_parallelism()?.get() < 2 {
        return Err(io::Error::other("a cache line travels between two cores, and this process may use only one"));
    }
    let turn = AtomicU64::new(0);
    // Waits until it is its turn. Who shares a core with the other side yields to it.
    let await_turn = |number: u64| {
        for look in 1_u32.. {
            if turn.load(Ordering::Acquire) == number {
                break;
            }
            if look.is_multiple_of(1_000) { thread::yield_now() } else { spin_loop() }
        }
    };
    thread::scope(|scope| {
        let partner = || {
            for trip in 0..TRIPS * SAMPLES {
                await_turn(2 * trip + 1);
                turn.store(2 * trip + 2, Ordering::Release);
            }
        };
        thread::Builder::new().spawn_scoped(scope, partner)?;
        let sample = |sample| {
            let start = now_ns();
            for trip in sample * TRIPS..(sample + 1) * TRIPS {
                turn.store(2 * trip + 1, Ordering::Release);
                await_turn(2 * trip + 2);
            }
            (now_ns() - start) as f64 / TRIPS as f64
        };
        Ok((0..SAMPLES).map(sample).collect())
    })
}

fn futex() -> io::Result<Vec<f64>> {
    const TRIPS: usize = 500;
    let turn = Mutex::new(false);
    let changed = Condvar::new();
    // Waits until it is this side's turn, and passes it on.
    let pass = |mine: bool| {
        let state = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = changed.wait_while(state, |turn| *turn != mine).unwrap_or_else(PoisonError::into_inner);
        *state = !mine;
        drop(state);
        changed.notify_one();
    };
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, || (0..=TRIPS).for_each(|_| pass(true)))?;
        pass(false);
        let trip = |_| {
            let start = now_ns();
            pass(false);
            (now_ns() - start) as f64
        };
        Ok((0..TRIPS).map(trip).collect())
    })
}

fn pipe() -> io::Result<Vec<f64>> {
    // Copies byte by byte, without a buffer that waits for more.
    let mut echo = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let pipes = echo.stdin.take().zip(echo.stdout.take());
    let samples = pipes.ok_or_else(|| io::Error::other("its pipes are missing")).and_then(|(mut to, mut from)| {
        let mut trip = || {
            let start = now_ns();
            to.write_all(&[7])?;
            from.read_exact(&mut [0])?;
            Ok((now_ns() - start) as f64)
        };
        (0..50).try_for_each(|_| trip().map(drop))?;
        (0..250).map(|_| trip()).collect()
    });
    // Its input has ended with the closure.
    echo.wait()?;
    samples
}

fn threads() -> io::Result<Vec<f64>> {
    let sample = |_| {
        let start = now_ns();
        let thread = thread::Builder::new().spawn(|| {})?;
        let _ = thread.join();
        Ok((now_ns() - start) as f64)
    };
    (0..50).map(sample).collect()
}

fn processes() -> io::Result<Vec<f64>> {
    let sample = |_| {
        let start = now_ns();
        Command::new("true").stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        Ok((now_ns() - start) as f64)
    };
    (0..10).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_floor_has_a_figure_and_they_are_in_order() {
        let mut values = BTreeMap::new();
        let mut floors = Floors::default();
        (0..4).for_each(|_| floors.look());
        floors.told(&mut |record| match record {
            Record::Cell(cell) => {
                assert_eq!(cell.launches, 4);
                values.insert(cell.metric, cell.value);
            }
            other => panic!("a floor could not be measured: {other:?}"),
        });
        assert_eq!(values.len(), FLOORS.len());
        assert!(values.values().all(|value| *value > 0.0));
        assert!(values["clock-read"] < values["thread-start"] && values["thread-start"] < values["process-start"]);
        assert!(values["cache-line-round-trip"] < values["futex-round-trip"], "{values:?}");
    }
}
