//! What is known of a workload beside what it does.

use std::time::Duration;

/// A workload, apart from its amount.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// How its name begins; `-`, the amount and the unit follow.
    pub(super) name: &'static str,
    /// The unit of the amount, as it ends the name.
    pub(super) unit: &'static str,
    /// An amount worth trying.
    pub(super) example: u64,
    /// About how long one task of this amount takes, in microseconds, when the echo server waits
    /// for the given time before it answers. Rounds are sized by it; no figure depends on it.
    pub(super) nominal_micros: fn(u64, Duration) -> u64,
    /// What share of the amount, which is then in microseconds, a task computes; 0 if it does
    /// something else.
    pub(super) computes: f64,
    /// By what factor the computing of one task differs from the mean, by its number and the
    /// number of tasks; `None` if all are equal.
    pub(super) law: Option<fn(u64, u64) -> f64>,
}

/// The nominal time of a workload whose amount is its time.
pub(super) fn of_time(micros: u64, _latency: Duration) -> u64 {
    micros
}
