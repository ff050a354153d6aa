//! One number for many.

use super::StatsError;

fn checked(values: &[f64]) -> Result<(), StatsError> {
    if values.is_empty() {
        Err(StatsError::TooFew { have: 0, need: 1 })
    } else if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(StatsError::NotFinite)
    }
}

/// The middle value, or the mean of the two in the middle.
///
/// # Errors
///
/// [`StatsError`] if there is no value or one is not finite.
///
/// ```
/// use poolproof_benches::stats::median;
/// assert_eq!(median(&[3.0, 1.0, 10.0, 2.0]), Ok(2.5));
/// ```
pub fn median(values: &[f64]) -> Result<f64, StatsError> {
    checked(values)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    // Half each, because the sum of two finite numbers need not be finite.
    Ok(if sorted.len() % 2 == 1 { sorted[upper] } else { sorted[upper - 1] / 2.0 + sorted[upper] / 2.0 })
}

/// The arithmetic mean.
///
/// # Errors
///
/// [`StatsError`] if there is no value, or one or their sum is not finite.
pub fn mean(values: &[f64]) -> Result<f64, StatsError> {
    checked(values)?;
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    if mean.is_finite() { Ok(mean) } else { Err(StatsError::NotFinite) }
}

/// The geometric mean: the only mean of ratios that does not depend on which side is on top.
///
/// # Errors
///
/// [`StatsError`] if there is no value, or one is not finite or not positive.
///
/// ```
/// use poolproof_benches::stats::geometric_mean;
/// let mean = geometric_mean(&[0.5, 2.0]).unwrap();
/// assert!((mean - 1.0).abs() < 1e-12);
/// ```
pub fn geometric_mean(values: &[f64]) -> Result<f64, StatsError> {
    checked(values)?;
    if values.iter().any(|&value| value <= 0.0) {
        return Err(StatsError::NotPositive);
    }
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    Ok(mean(&logs)?.exp())
}

/// The smallest value that at least the share `q` of the values does not exceed.
///
/// # Errors
///
/// [`StatsError`] if there is no value, one is not finite, or `q` is no share.
///
/// ```
/// use poolproof_benches::stats::nearest_rank;
/// assert_eq!(nearest_rank(&[15.0, 20.0, 35.0, 40.0, 50.0], 0.3), Ok(20.0));
/// ```
pub fn nearest_rank(values: &[f64], q: f64) -> Result<f64, StatsError> {
    checked(values)?;
    if !(0.0..=1.0).contains(&q) {
        return Err(StatsError::NotAShare);
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (q * sorted.len() as f64).ceil() as usize;
    Ok(sorted[rank.clamp(1, sorted.len()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples() {
        // The nearest-rank example of the usual textbooks.
        let scores = [15.0, 20.0, 35.0, 40.0, 50.0];
        let at = |q| nearest_rank(&scores, q).expect("the scores are finite");
        assert_eq!([at(0.05), at(0.3), at(0.4), at(0.5), at(1.0)], [15.0, 20.0, 20.0, 35.0, 50.0]);
        // 4, 36, 45, 50, 75: the cube of arithmetic errors, geometric mean 30.
        let mean = geometric_mean(&[4.0, 36.0, 45.0, 50.0, 75.0]).expect("all positive");
        assert!((mean - 30.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn nothing_infinite_passes() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(median(&[1.0, bad]), Err(StatsError::NotFinite));
            assert_eq!(mean(&[1.0, bad]), Err(StatsError::NotFinite));
            assert_eq!(geometric_mean(&[1.0, bad]), Err(StatsError::NotFinite));
            assert_eq!(nearest_rank(&[1.0, bad], 0.5), Err(StatsError::NotFinite));
        }
        assert_eq!(median(&[]), Err(StatsError::TooFew { have: 0, need: 1 }));
        assert_eq!(median(&[f64::MAX, f64::MAX]), Ok(f64::MAX));
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Err(StatsError::NotFinite));
        assert_eq!(geometric_mean(&[1.0, 0.0]), Err(StatsError::NotPositive));
        assert_eq!(nearest_rank(&[1.0], f64::NAN), Err(StatsError::NotAShare));
    }
}
