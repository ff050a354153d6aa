//! Time limits of calls: never early, and counted from where the contract says.

use super::assertion::waits;
use super::stop::wrong;
use super::{CheckResult, Stop, Trial, expect};
use poolproof_harness::Patience;
use std::time::{Duration, Instant};

/// A limit that is certain to pass: for calls that must end by it.
pub(crate) const SHORT: Duration = Patience::TICK;

/// A limit that is told from the delays of a busy machine.
pub(crate) const LIMIT: Duration = Patience::TICK.saturating_mul(20);

/// How often a call that must not wait may be delayed by the machine, and how many times as long the
/// limit of each attempt is: a machine that delays everything a little seldom delays it that long.
const ATTEMPTS: [u32; 5] = [1, 1, 2, 2, 4];

/// Runs `call` and says how long it took.
pub(crate) fn timed<R>(call: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = call();
    (result, start.elapsed())
}

/// Checks that a call that passed its limit did not pass it early.
///
/// # Errors
///
/// [`Stop::Violates`] if it did.
#[track_caller]
pub(crate) fn expect_not_early(what: &str, took: Duration, limit: Duration) -> CheckResult {
    expect(took >= limit, &format!("{what} must not end before its limit of {limit:?}, but did after {took:?}"))
}

/// Checks that `attempt` takes less than the limit that it is given at least once in a few attempts;
/// it is `limit` at first, and longer later. What waits for the whole limit never does; what does not
/// wait is hardly ever delayed so often and so long.
///
/// # Errors
///
/// [`Stop::Violates`] with `otherwise` if it never does; what an attempt says.
#[track_caller]
pub(crate) fn expect_sooner(
    limit: Duration,
    otherwise: &str,
    mut attempt: impl FnMut(Duration) -> Result<Duration, Stop>,
) -> CheckResult {
    waits(|| {
        for limit in ATTEMPTS.map(|times| limit * times) {
            if attempt(limit)? < limit {
                return Ok(());
            }
        }
        wrong(format!("{otherwise} (in each of {} attempts)", ATTEMPTS.len()))
    })
}

impl Trial<'_> {
    /// Returns when `limit` has passed since `start`.
    pub fn let_pass(&self, start: Instant, limit: Duration) {
        while let Some(left) = limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            let _ = self.history().wait_until(Patience::at_least(left), |_| start.elapsed() >= limit);
        }
    }
}
