//! Two subjects measured side by side: ratio, noise floor, conclusion.

use super::signed_rank::{LEAST, SignedRanks};
use super::{Interval, Series, StatsError, mean, median};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::fmt;

/// Differences up to this share are no difference in practice.
pub const MARGIN: f64 = 0.05;

/// What a comparison concludes of the first subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// It takes less time.
    Faster,
    /// It takes more time.
    Slower,
    /// It takes the same time, within [`MARGIN`].
    Equivalent,
    /// The measurement does not tell.
    Unclear,
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Equivalent => "equivalent",
            Self::Unclear => "unclear",
        })
    }
}

/// The ratio of two times, with the two intervals that the conclusion needs, and the p-values that many
/// conclusions at once need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedRatio {
    /// With 95 % confidence: is there a difference?
    pub at_95: Interval,
    /// With 90 % confidence: two one-sided tests of 5 % each that there is none worth the name.
    pub at_90: Interval,
    /// How likely a ratio so far from 1 is where there is no difference (two-sided).
    pub p_difference: f64,
    /// How likely a ratio so close to 1 is where the difference is [`MARGIN`] (the larger of the two
    /// one-sided tests).
    pub p_equivalence: f64,
}

impl PairedRatio {
    /// From the logarithms of several independent ratios, by signed ranks.
    fn by_ranks(logs: &[f64]) -> Result<Self, StatsError> {
        let ranks = SignedRanks::of(logs)?;
        let centre = ranks.centre()?;
        let interval = |confidence: f64| {
            let (low, high) = ranks.interval(confidence);
            Interval::new(centre.exp(), low.exp(), high.exp())
        };
        let margin = MARGIN.ln_1p();
        Ok(Self {
            at_95: interval(0.95)?,
            at_90: interval(0.90)?,
            p_difference: (2.0 * ranks.p_above(0.0).min(ranks.p_below(0.0))).min(1.0),
            p_equivalence: ranks.p_above(-margin).max(ranks.p_below(margin)),
        })
    }

    /// The same by Student's t.
    fn by_mean(logs: &[f64]) -> Result<Self, StatsError> {
        let Mean { value, error, law } = mean_with_error(logs)?;
        let interval = |confidence: f64| {
            let reach = law.inverse_cdf(1.0 - (1.0 - confidence) / 2.0) * error;
            Interval::new(value.exp(), (value - reach).exp(), (value + reach).exp())
        };
        // Without any scatter every difference is sure.
        let beyond = |distance: f64| law.sf(if distance == 0.0 { 0.0 } else { distance / error });
        Ok(Self {
            at_95: interval(0.95)?,
            at_90: interval(0.90)?,
            p_difference: 2.0 * beyond(value.abs()),
            p_equivalence: beyond(MARGIN.ln_1p() - value.abs()),
        })
    }
}

/// So many launches are compared by their ranks; for fewer the ranks have no interval of 95 %, and for more the
/// mean does as well and takes less time.
const RANKED: std::ops::RangeInclusive<usize> = LEAST..=200;

/// The ratio of paired positive samples, launches by rounds.
///
/// Each launch contributes the median of its log-ratios, which a few disturbed rounds do not move; from six launches
/// on signed ranks of these give estimate and interval, which a few disturbed launches do not move; of fewer
/// Student's t does. With a single launch the rounds are the units of Student's t, and the interval says nothing
/// about how the next launch would differ.
///
/// # Errors
///
/// [`StatsError`] if there are fewer than two units, or a sample is not positive and finite.
///
/// ```
/// use poolproof_benches::stats::paired_ratio;
/// let launches = vec![vec![(2.0, 1.0), (2.2, 1.0)], vec![(1.9, 1.0)], vec![(2.1, 1.0)]];
/// let ratio = paired_ratio(&launches).unwrap();
/// assert!(ratio.at_95.low() < 2.0 && 2.0 < ratio.at_95.high());
/// ```
pub fn paired_ratio(launches: &[Vec<(f64, f64)>]) -> Result<PairedRatio, StatsError> {
    let mut logs = Vec::new();
    for launch in launches.iter().filter(|launch| !launch.is_empty()) {
        let of_launch: Result<Vec<f64>, _> = launch.iter().map(|&(a, b)| log_ratio(a, b)).collect();
        logs.push(of_launch?);
    }
    if logs.len() == 1 {
        return PairedRatio::by_mean(&logs.swap_remove(0));
    }
    let medians: Vec<f64> = logs.iter().map(|launch| median(launch)).collect::<Result<_, _>>()?;
    if RANKED.contains(&medians.len()) { PairedRatio::by_ranks(&medians) } else { PairedRatio::by_mean(&medians) }
}

fn log_ratio(a: f64, b: f64) -> Result<f64, StatsError> {
    if !a.is_finite() || !b.is_finite() {
        Err(StatsError::NotFinite)
    } else if a <= 0.0 || b <= 0.0 {
        Err(StatsError::NotPositive)
    } else {
        Ok(a.ln() - b.ln())
    }
}

/// A mean, its standard error, and the law of its error.
struct Mean {
    value: f64,
    error: f64,
    law: StudentsT,
}

fn mean_with_error(units: &[f64]) -> Result<Mean, StatsError> {
    let count = units.len();
    if count < 2 {
        return Err(StatsError::TooFew { have: count, need: 2 });
    }
    let value = mean(units)?;
    let variance = units.iter().map(|unit| (unit - value).powi(2)).sum::<f64>() / (count - 1) as f64;
    let law = StudentsT::new(0.0, 1.0, (count - 1) as f64).map_err(|_| StatsError::NotFinite)?;
    Ok(Mean { value, error: (variance / count as f64).sqrt(), law })
}

/// The difference of two times measured in the same rounds, launches by rounds, with 95 %
/// confidence.
///
/// Each launch contributes the median of its differences; from six launches on signed ranks of these
/// give estimate and interval, of fewer Student's t does, as in [`paired_ratio`]. With a single launch
/// the rounds are the units of Student's t.
///
/// # Errors
///
/// [`StatsError`] if there are fewer than two units, or a sample is not finite.
///
/// ```
/// use poolproof_benches::stats::paired_difference;
/// let (above, below) = (vec![vec![7.0, 9.0], vec![8.0]], vec![vec![5.0, 6.0], vec![6.0]]);
/// assert!((paired_difference(&above, &below).unwrap().value() - 2.25).abs() < 1e-9);
/// ```
pub fn paired_difference(above: &Series, below: &Series) -> Result<Interval, StatsError> {
    let differences = above
        .iter()
        .zip(below)
        .map(|(above, below)| above.iter().zip(below).map(|(above, below)| above - below).collect::<Vec<f64>>());
    let mut launches: Vec<Vec<f64>> = differences.filter(|launch| !launch.is_empty()).collect();
    if launches.len() == 1 {
        return by_mean(&launches.swap_remove(0));
    }
    let medians: Vec<f64> = launches.iter().map(|launch| median(launch)).collect::<Result<_, _>>()?;
    if !RANKED.contains(&medians.len()) {
        return by_mean(&medians);
    }
    let ranks = SignedRanks::of(&medians)?;
    let (low, high) = ranks.interval(0.95);
    Interval::new(ranks.centre()?, low, high)
}

/// The mean of independent differences, with its interval by Student's t.
fn by_mean(units: &[f64]) -> Result<Interval, StatsError> {
    let Mean { value, error, law } = mean_with_error(units)?;
    let reach = law.inverse_cdf(0.975) * error;
    Interval::new(value, value - reach, value + reach)
}

/// How far a subject may seem to differ from itself: the far end of the interval of the A/A arm,
/// as a share.
#[must_use]
pub fn noise_floor(of_itself: &PairedRatio) -> f64 {
    let interval = of_itself.at_95;
    interval.high().max(1.0 / interval.low()) - 1.0
}

/// What the ratio of times says of the first subject.
///
/// *Equivalent* if the 90 % interval lies within [`MARGIN`]; else *faster* or *slower* if the 95 %
/// interval excludes 1 and the ratio is further from 1 than the noise floor; else *unclear*.
#[must_use]
pub fn judge(ratio: &PairedRatio, noise_floor: f64) -> Conclusion {
    let margin = 1.0 + MARGIN;
    let beyond = 1.0 + noise_floor;
    if ratio.at_90.low() > 1.0 / margin && ratio.at_90.high() < margin {
        Conclusion::Equivalent
    } else if ratio.at_95.high() < 1.0 && ratio.at_95.value() < 1.0 / beyond {
        Conclusion::Faster
    } else if ratio.at_95.low() > 1.0 && ratio.at_95.value() > beyond {
        Conclusion::Slower
    } else {
        Conclusion::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    fn ratio_of(value: f64, low: f64, high: f64) -> PairedRatio {
        let interval = Interval::new(value, low, high).expect("finite");
        PairedRatio { at_95: interval, at_90: interval, p_difference: 0.5, p_equivalence: 0.5 }
    }

    #[test]
    fn the_interval_is_the_textbook_one() {
        // Logs 0.1, 0.2, 0.3: mean 0.2, standard error 0.1/sqrt(3), t(0.975, 2) = 4.302653.
        let launches: Vec<Vec<(f64, f64)>> = [0.1_f64, 0.2, 0.3].iter().map(|log| vec![(log.exp(), 1.0)]).collect();
        let at_95 = paired_ratio(&launches).expect("three launches").at_95;
        let reach = 4.302_653 * 0.1 / 3.0_f64.sqrt();
        assert!((at_95.value().ln() - 0.2).abs() < 1e-9);
        assert!((at_95.low().ln() - (0.2 - reach)).abs() < 1e-6, "{at_95:?}");
        assert!((at_95.high().ln() - (0.2 + reach)).abs() < 1e-6, "{at_95:?}");
    }

    #[test]
    fn p_values_are_the_textbook_ones() {
        let of = |logs: &[f64]| {
            let launches: Vec<Vec<(f64, f64)>> = logs.iter().map(|log| vec![(log.exp(), 1.0)]).collect();
            paired_ratio(&launches).expect("several launches")
        };
        // t = 0.2 / (0.1 / sqrt(3)) = 3.4641 with 2 degrees of freedom; there F(t) = 1/2 + t / (2 sqrt(2 + t^2)).
        let cumulative = |t: f64| 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
        let (ratio, error) = (of(&[0.1, 0.2, 0.3]), 0.1 / 3.0_f64.sqrt());
        assert!((ratio.p_difference - 2.0 * (1.0 - cumulative(0.2 / error))).abs() < 1e-9, "{ratio:?}");
        let far = (1.05_f64.ln() - 0.2) / error;
        assert!((ratio.p_equivalence - (1.0 - cumulative(far))).abs() < 1e-9, "{ratio:?}");
        // They say the same as the intervals, on both sides.
        for logs in [[-0.01, 0.0, 0.012], [0.03, 0.04, 0.045], [-0.06, -0.05, -0.07], [-0.3, 0.1, 0.2]] {
            let ratio = of(&logs);
            let excludes_1 = ratio.at_95.low() > 1.0 || ratio.at_95.high() < 1.0;
            assert_eq!(ratio.p_difference < 0.05, excludes_1, "{ratio:?}");
            let within = ratio.at_90.low() > 1.0 / (1.0 + MARGIN) && ratio.at_90.high() < 1.0 + MARGIN;
            assert_eq!(ratio.p_equivalence < 0.05, within, "{ratio:?}");
        }
        // So do those of ranks.
        for shift in [0.0, 0.01, 0.02, 0.045, -0.06] {
            let ratio = of(&[-0.013, 0.004, -0.002, 0.011, 0.02, -0.008, 0.001].map(|log: f64| log + shift));
            let excludes_1 = ratio.at_95.low() > 1.0 || ratio.at_95.high() < 1.0;
            assert_eq!(ratio.p_difference <= 0.05, excludes_1, "{ratio:?}");
            let within = ratio.at_90.low() > 1.0 / (1.0 + MARGIN) && ratio.at_90.high() < 1.0 + MARGIN;
            assert_eq!(ratio.p_equivalence <= 0.05, within, "{ratio:?}");
        }
        let (same, apart) = (of(&[0.0; 3]), of(&[0.5; 3]));
        assert_eq!((same.p_difference, same.p_equivalence), (1.0, 0.0), "without scatter");
        assert_eq!((apart.p_difference, apart.p_equivalence), (0.0, 1.0), "without scatter");
    }

    #[test]
    fn a_disturbed_round_does_not_decide() {
        let mut launches = vec![vec![(1.0, 1.0), (1.01, 1.0), (0.99, 1.0)]; 3];
        launches[1][1].0 = 8.0;
        let ratio = paired_ratio(&launches).expect("three launches");
        assert!((ratio.at_95.value() - 1.0).abs() < 0.01, "{ratio:?}");
        assert_eq!(judge(&ratio, 0.01), Conclusion::Equivalent);
    }

    #[test]
    fn a_disturbed_launch_does_not_decide() {
        let mut launches: Vec<Vec<(f64, f64)>> =
            (0..12).map(|number| vec![(1.03 + 0.001 * f64::from(number), 1.0)]).collect();
        launches[5] = vec![(7.0, 1.0)];
        let ratio = paired_ratio(&launches).expect("many launches");
        assert!(ratio.at_95.low() > 1.02 && ratio.at_95.high() < 1.06, "{ratio:?}");
    }

    #[test]
    fn a_disturbed_launch_does_not_decide_what_one_costs_more() {
        let above: Vec<Vec<f64>> = (0..12).map(|number| vec![101.0 + 0.01 * f64::from(number); 3]).collect();
        let below = vec![vec![100.0; 3]; 12];
        let mut disturbed = above.clone();
        disturbed[4] = vec![400.0; 3];
        let [calm, disturbed] =
            [&above, &disturbed].map(|above| paired_difference(above, &below).expect("many launches"));
        assert!(calm.low() > 1.0 && calm.high() < 1.12, "{calm:?}");
        assert!(disturbed.low() > 1.0 && disturbed.high() < 1.15, "{disturbed:?}");
    }

    #[test]
    fn the_side_on_top_does_not_matter() {
        let mut rng = Rng::with_seed(5);
        let launches: Vec<Vec<(f64, f64)>> =
            (0..5).map(|_| (0..6).map(|_| (1.0 + rng.f64(), 1.0 + rng.f64())).collect()).collect();
        let swapped: Vec<Vec<(f64, f64)>> =
            launches.iter().map(|launch| launch.iter().map(|&(a, b)| (b, a)).collect()).collect();
        let (one, other) = (paired_ratio(&launches).expect("many"), paired_ratio(&swapped).expect("many"));
        assert!((one.at_95.low() * other.at_95.high() - 1.0).abs() < 1e-9);
        assert!((noise_floor(&one) - noise_floor(&other)).abs() < 1e-9);
    }

    #[test]
    fn four_conclusions() {
        assert_eq!(judge(&ratio_of(1.0, 0.98, 1.02), 0.01), Conclusion::Equivalent);
        assert_eq!(judge(&ratio_of(0.8, 0.7, 0.9), 0.01), Conclusion::Faster);
        assert_eq!(judge(&ratio_of(1.2, 1.1, 1.3), 0.01), Conclusion::Slower);
        assert_eq!(judge(&ratio_of(1.2, 0.9, 1.6), 0.01), Conclusion::Unclear);
        // Off 1, but not beyond what the machine does to one and the same subject.
        assert_eq!(judge(&ratio_of(1.2, 1.1, 1.3), 0.25), Conclusion::Unclear);
    }

    #[test]
    fn a_subject_compared_with_itself_is_rarely_called_different() {
        let mut rng = Rng::with_seed(11);
        let mut wrong = 0;
        for _ in 0..200 {
            let mut arm = || -> Vec<Vec<(f64, f64)>> {
                (0..5).map(|_| (0..6).map(|_| (1.0 + 0.3 * rng.f64(), 1.0 + 0.3 * rng.f64())).collect()).collect()
            };
            let floor = noise_floor(&paired_ratio(&arm()).expect("many"));
            let conclusion = judge(&paired_ratio(&arm()).expect("many"), floor);
            wrong += u32::from(matches!(conclusion, Conclusion::Faster | Conclusion::Slower));
        }
        assert!(wrong <= 10, "{wrong} of 200");
    }

    #[test]
    fn bad_samples_are_errors() {
        assert_eq!(paired_ratio(&[vec![(1.0, f64::NAN)], vec![(1.0, 1.0)]]), Err(StatsError::NotFinite));
        assert_eq!(paired_ratio(&[vec![(1.0, 0.0)], vec![(1.0, 1.0)]]), Err(StatsError::NotPositive));
        assert_eq!(paired_ratio(&[vec![(1.0, 1.0)]]), Err(StatsError::TooFew { have: 1, need: 2 }));
        assert_eq!(paired_ratio(&[]), Err(StatsError::TooFew { have: 0, need: 2 }));
    }
}
