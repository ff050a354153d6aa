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
//! Each is the median, with its order-statistic interval, in nanoseconds.

use super::{Figure, SELF_CHECK};
use crate::Holes;
use crate::stats::percentile;
use crate::sweep::CONFIDENCE;
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

/// Measures the floors and passes a cell for each to `sink`, subject `host`. What could not be
/// measured is a hole.
pub fn floors(sink: &mut dyn FnMut(Record)) {
    let mut holes = Holes::default();
    for (metric, measure) in FLOORS {
        let figure = measure().map_err(|error| error.to_string()).and_then(|samples| {
            let interval = percentile(&samples, 0.5, CONFIDENCE).map_err(|error| error.to_string())?;
            let samples = u32::try_from(samples.len()).unwrap_or(u32::MAX);
            Ok(Figure {
                subject: "host",
                workload: "floor",
                axes: BTreeMap::new(),
                metric,
                interval,
                launches: 1,
                samples,
            })
        });
        match figure {
            Ok(figure) => sink(figure.record()),
            Err(reason) => holes.add(SELF_CHECK, "host", metric, reason),
        }
    }
    holes.into_iter().map(Record::Hole).for_each(sink);
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
    Ok((0..100).map(sample).collect())
}

fn cache_line() -> io::Result<Vec<f64>> {
    const TRIPS: u64 = 500;
    const SAMPLES: u64 = 100;
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
    const TRIPS: usize = 2_000;
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
        (0..1_000).map(|_| trip()).collect()
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
    (0..200).map(sample).collect()
}

fn processes() -> io::Result<Vec<f64>> {
    let sample = |_| {
        let start = now_ns();
        Command::new("true").stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        Ok((now_ns() - start) as f64)
    };
    (0..40).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_floor_has_a_figure_and_they_are_in_order() {
        let mut values = BTreeMap::new();
        floors(&mut |record| match record {
            Record::Cell(cell) => drop(values.insert(cell.metric, cell.value)),
            other => panic!("a floor could not be measured: {other:?}"),
        });
        assert_eq!(values.len(), FLOORS.len());
        assert!(values.values().all(|value| *value > 0.0));
        assert!(values["clock-read"] < values["thread-start"] && values["thread-start"] < values["process-start"]);
        assert!(values["cache-line-round-trip"] < values["futex-round-trip"], "{values:?}");
    }
}
