//! Medians with their intervals.

use std::fmt;

/// Milliseconds.
pub(super) type Millis = f64;

/// The median of some figures, its 95 % interval by the ranks of the figures, and their 90th percentile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) p90: f64,
}

impl Spread {
    /// `None` of nothing.
    pub(super) fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let last = figures.len().checked_sub(1)?;
        let count = figures.len() as f64;
        let at = |rank: f64| figures[(rank.round().max(0.0) as usize).min(last)];
        // Ranks of a binomial with one half, as the normal distribution approximates them.
        let half = 1.96 * count.sqrt() / 2.0;
        Some(Self {
            median: at((count - 1.0) / 2.0),
            low: at((count / 2.0 - half).floor() - 1.0),
            high: at((count / 2.0 + half).ceil()),
            p90: at(0.9 * (count - 1.0)),
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high, p90 } = self;
        write!(f, "{median:.2} [{low:.2}, {high:.2}], nine of ten below {p90:.2}")
    }
}
