//! An estimate with its interval, and why there may be none.

use std::fmt;

/// An estimate and the interval around it; all three are finite, and `low <= value <= high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

impl Interval {
    /// An interval whose ends are in order and finite. The estimate widens it if it lies outside,
    /// as it may in a bootstrap of very few rounds.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotFinite`].
    ///
    /// ```
    /// use poolproof_benches::stats::Interval;
    /// let interval = Interval::new(2.0, 1.5, 3.0).unwrap();
    /// assert_eq!((interval.low(), interval.value(), interval.high()), (1.5, 2.0, 3.0));
    /// assert!(Interval::new(f64::NAN, 1.0, 2.0).is_err());
    /// ```
    pub fn new(value: f64, low: f64, high: f64) -> Result<Self, StatsError> {
        if value.is_finite() && low.is_finite() && high.is_finite() {
            Ok(Self { value, low: low.min(high).min(value), high: high.max(low).max(value) })
        } else {
            Err(StatsError::NotFinite)
        }
    }

    /// The estimate.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The lower end.
    #[must_use]
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper end.
    #[must_use]
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The smallest interval around this one that holds the other one, too.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { value: self.value, low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The interval of a monotone function of the estimate.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotFinite`] if the function leaves the finite numbers.
    pub fn map(self, function: impl Fn(f64) -> f64) -> Result<Self, StatsError> {
        Self::new(function(self.value), function(self.low), function(self.high))
    }
}

/// Why there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsError {
    /// There are fewer samples than the procedure needs.
    TooFew {
        /// How many there are.
        have: usize,
        /// How many it needs.
        need: usize,
    },
    /// A sample, or what came of it, is not a finite number.
    NotFinite,
    /// A sample is zero or negative where the procedure takes its logarithm.
    NotPositive,
    /// A share, a confidence or a percentile does not lie between 0 and 1.
    NotAShare,
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { have, need } => write!(f, "{have} samples are too few for an interval, which needs {need}"),
            Self::NotFinite => f.write_str("a sample is not a finite number"),
            Self::NotPositive => f.write_str("a sample is not positive, and its logarithm is needed"),
            Self::NotAShare => f.write_str("a share, a confidence or a percentile is not between 0 and 1"),
        }
    }
}

impl std::error::Error for StatsError {}
