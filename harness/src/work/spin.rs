//! The spin loop of computing tasks, and how fast it turns on this machine.

use crate::checkpoint;
use std::sync::OnceLock;
use std::time::Instant;

/// How often the spin loop looks whether the interpreter lock was asked for, in turns.
const TURNS_PER_CHECKPOINT: u64 = 1 << 12;

pub(super) fn spin(turns: u64) -> u64 {
    let mut state = turns | 1;
    for turn in 0..turns {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if turn % TURNS_PER_CHECKPOINT == 0 {
            checkpoint();
        }
    }
    state
}

static TURNS_PER_MICRO: OnceLock<f64> = OnceLock::new();

/// Turns of the spin loop per microsecond on this machine, measured once per process: the fastest
/// of several runs, because noise only ever makes it slower.
#[must_use]
pub fn calibrate_spin() -> f64 {
    const TURNS: u64 = 200_000;
    *TURNS_PER_MICRO.get_or_init(|| {
        (0..15)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(spin(std::hint::black_box(TURNS)));
                TURNS as f64 * 1e3 / start.elapsed().as_nanos().max(1) as f64
            })
            .fold(f64::MIN_POSITIVE, f64::max)
    })
}

/// Takes over the calibration of another process of this machine, so that a task is the same
/// number of turns in both; `false` if this process has calibrated itself already, or the figure
/// is none.
pub fn adopt_spin_calibration(turns_per_micro: f64) -> bool {
    turns_per_micro.is_finite() && turns_per_micro > 0.0 && TURNS_PER_MICRO.set(turns_per_micro).is_ok()
}
