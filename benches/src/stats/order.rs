//! Intervals of percentiles and of shares: exact, without assuming a distribution.

use super::{Interval, StatsError, nearest_rank};
use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

/// The percentile `q` of `values` with the interval between two of the values themselves.
///
/// How many of n values lie below the true percentile is binomial, whatever their distribution;
/// its quantiles are the ranks of the interval's ends.
///
/// # Errors
///
/// [`StatsError::TooFew`] if fewer than ten values are expected beyond the percentile; else as for
/// [`nearest_rank`].
///
/// ```
/// use poolproof_benches::stats::percentile;
/// let values: Vec<f64> = (1..=100).map(f64::from).collect();
/// let median = percentile(&values, 0.5, 0.95).unwrap();
/// assert_eq!((median.low(), median.value(), median.high()), (40.0, 50.0, 61.0));
/// assert!(percentile(&values, 0.99, 0.95).is_err());
/// ```
pub fn percentile(values: &[f64], q: f64, confidence: f64) -> Result<Interval, StatsError> {
    let within = |share: f64| share > 0.0 && share < 1.0;
    if !within(q) || !within(confidence) {
        return Err(StatsError::NotAShare);
    }
    let need = samples_for(q);
    if values.len() < need {
        return Err(StatsError::TooFew { have: values.len(), need });
    }
    let value = nearest_rank(values, q)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let binomial = Binomial::new(q, sorted.len() as u64).map_err(|_| StatsError::NotAShare)?;
    let tail = (1.0 - confidence) / 2.0;
    let rank = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).clamp(1, sorted.len());
    let low = rank(binomial.inverse_cdf(tail));
    let high = rank(binomial.inverse_cdf(1.0 - tail) + 1);
    Interval::new(value, sorted[low - 1], sorted[high - 1])
}

/// How many values the interval of the percentile `q` needs: ten are expected beyond it.
pub(crate) fn samples_for(q: f64) -> usize {
    // The small allowance keeps 1,000 values enough for 0.99, which is not exact in binary.
    (10.0 / (1.0 - q).min(q) - 1e-6).ceil() as usize
}

/// The share of `hits` in `trials`, with its Clopper and Pearson interval.
///
/// # Errors
///
/// [`StatsError`] if there was no trial, or there are more hits than trials.
pub fn share(hits: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    if trials == 0 {
        return Err(StatsError::TooFew { have: 0, need: 1 });
    }
    if hits > trials || !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatsError::NotAShare);
    }
    let tail = (1.0 - confidence) / 2.0;
    let (hit, missed) = (hits as f64, (trials - hits) as f64);
    let end = |above: f64, below: f64, at: f64| {
        Beta::new(above, below).map(|beta| beta.inverse_cdf(at)).map_err(|_| StatsError::NotFinite)
    };
    let low = if hits == 0 { 0.0 } else { end(hit, missed + 1.0, tail)? };
    let high = if hits == trials { 1.0 } else { end(hit + 1.0, missed, 1.0 - tail)? };
    Interval::new(hit / trials as f64, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_published_tables() {
        // Ranks of the 95 % interval of the median, as tabulated: n = 20: 6 and 15; n = 50: 18 and 33.
        for (count, low, high) in [(20, 6.0, 15.0), (50, 18.0, 33.0)] {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let median = percentile(&values, 0.5, 0.95).expect("enough values");
            assert_eq!((median.low(), median.high()), (low, high), "n = {count}");
        }
    }

    #[test]
    fn a_percentile_needs_ten_values_beyond_it() {
        let thousand: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert!(percentile(&thousand, 0.99, 0.95).is_ok());
        assert_eq!(percentile(&thousand[1..], 0.99, 0.95), Err(StatsError::TooFew { have: 999, need: 1000 }));
        assert_eq!(percentile(&thousand, 1.0, 0.95), Err(StatsError::NotAShare));
        assert_eq!(percentile(&thousand, f64::NAN, 0.95), Err(StatsError::NotAShare));
    }

    #[test]
    fn shares_have_exact_intervals() {
        // 5 of 5: the lower end is the fifth root of 0.025; 2 of 10: from published tables.
        let all = share(5, 5, 0.95).expect("five trials");
        assert!((all.low() - 0.025_f64.powf(0.2)).abs() < 1e-6, "{all:?}");
        assert_eq!(all.high(), 1.0);
        let some = share(2, 10, 0.95).expect("ten trials");
        assert!((some.low() - 0.0252).abs() < 1e-4 && (some.high() - 0.5561).abs() < 1e-4, "{some:?}");
        assert!(share(0, 0, 0.95).is_err());
        assert!(share(2, 1, 0.95).is_err());
    }
}
