//! The monotonic clock, and deadlines that a busy machine stretches.

use std::time::Duration;

/// Nanoseconds on the system's monotonic clock, the same in every process of the machine.
///
/// ```
/// let earlier = poolproof_harness::now_ns();
/// assert!(poolproof_harness::now_ns() >= earlier);
/// ```
#[must_use]
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid, writable timespec for the duration of the call.
    #[allow(unsafe_code)]
    let status = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    assert_eq!(status, 0, "the system has no monotonic clock");
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// How long something that must happen is waited for, in ticks that the machine really delivered.
///
/// A tick is one sleep of [`Patience::TICK`]. A starved machine delivers its ticks late, so the
/// same patience lasts longer there: a subject is never accused because the machine was busy.
/// The number of ticks derives from the calibration of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    ticks: u32,
}

impl Patience {
    /// The length of one tick on an idle machine.
    pub const TICK: Duration = Duration::from_millis(10);

    /// Patience for `ticks` delivered ticks.
    #[must_use]
    pub const fn ticks(ticks: u32) -> Self {
        Self { ticks }
    }

    /// Patience that lasts at least `duration` and counts it in delivered ticks.
    #[must_use]
    pub fn at_least(duration: Duration) -> Self {
        let ticks = duration.as_nanos().div_ceil(Self::TICK.as_nanos());
        Self { ticks: u32::try_from(ticks).unwrap_or(u32::MAX) }
    }

    /// A patience `times` shorter, and of a few ticks at least.
    #[must_use]
    pub const fn shortened(self, times: u32) -> Self {
        let ticks = self.ticks / times;
        Self { ticks: if ticks < 5 { 5 } else { ticks } }
    }

    /// Starts to wait.
    #[must_use]
    pub fn start(self) -> Deadline {
        Deadline { left: self.ticks, started_ns: now_ns() }
    }

    /// The least time it lasts.
    #[must_use]
    pub fn nominal(self) -> Duration {
        Self::TICK * self.ticks
    }
}

/// A running [`Patience`]. The waiter consumes it slice by slice.
#[derive(Debug)]
pub struct Deadline {
    left: u32,
    started_ns: u64,
}

impl Deadline {
    /// The next slice to wait for, or `None` when the patience is exhausted.
    ///
    /// Whoever waits passes the slice to a timed wait; however late that wait returns, it counts
    /// as one tick.
    pub fn next_slice(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        Some(Patience::TICK)
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(now_ns().saturating_sub(self.started_ns))
    }
}
