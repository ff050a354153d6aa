//! Intervals from resampling: first the launches, then the rounds within each.
//!
//! Few launches make the plain percentile bootstrap too narrow, twice over: it uses normal
//! quantiles where Student's are due, and divides by n where n - 1 is due (T. Hesterberg, *What Teachers
//! Should Know About the Bootstrap*, The American Statistician 69, 2015). To read the percentiles further out
//! does not help where it matters most: no mean of resampled launches lies outside the launches, and of four
//! launches all lie on the same side of the truth in one case of eight. So the launches themselves are moved
//! apart before they are drawn, each by `t / z * sqrt(n / (n - 1))` times its distance from the mean of all, on
//! logarithms (J. N. K. Rao and C. F. J. Wu, *Resampling Inference With Complex Survey Data*, Journal of the
//! American Statistical Association 83, 1988: rescaling bootstrap). What is estimated need not be a mean: every
//! resample is a set of launches as they could have been, and is read like the real one. The interval of a geometric
//! mean comes close to Student's; with two launches, of which there are only three resamples, it is shorter.

use super::{Interval, StatsError, geometric_mean, median};
use fastrand::Rng;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The rounds of each launch.
pub type Series = Vec<Vec<f64>>;

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// How often.
    pub resamples: u32,
    /// The confidence of the interval.
    pub confidence: f64,
    /// The seed: the same one gives the same interval.
    pub seed: u64,
}

impl Bootstrap {
    /// 2,000 resamples, 95 %.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { resamples: 2_000, confidence: 0.95, seed }
    }
}

/// The interval of one series: the geometric mean of its launches' medians.
///
/// # Errors
///
/// [`StatsError`] if there are fewer than two rounds in all, or a sample is not positive and finite.
///
/// ```
/// use poolproof_benches::stats::{Bootstrap, estimate};
/// let rounds = vec![vec![10.0, 11.0, 10.5], vec![10.2, 10.4, 10.9]];
/// let interval = estimate(&rounds, &Bootstrap::seeded(7)).unwrap();
/// assert!(interval.low() <= interval.value() && interval.value() <= interval.high());
/// assert_eq!(interval, estimate(&rounds, &Bootstrap::seeded(7)).unwrap());
/// ```
pub fn estimate(series: &Series, how: &Bootstrap) -> Result<Interval, StatsError> {
    distribution(&[series], how, |medians| geometric_mean(&medians[0]))
}

/// The interval of one series over another: launches are paired, rounds are not.
///
/// # Errors
///
/// As for [`estimate`], for the launches in which both have rounds.
pub fn ratio(above: &Series, below: &Series, how: &Bootstrap) -> Result<Interval, StatsError> {
    distribution(&[above, below], how, |medians| Ok(geometric_mean(&medians[0])? / geometric_mean(&medians[1])?))
}

/// The share by which an interval reaches beyond its estimate, the larger of both sides.
#[must_use]
pub fn spread(interval: &Interval) -> f64 {
    let side =
        |end: f64| if interval.value() == 0.0 { 0.0 } else { ((end - interval.value()) / interval.value()).abs() };
    side(interval.low()).max(side(interval.high()))
}

/// The interval of any statistic of several series measured in the same launches. The statistic
/// receives, for each series, the medians of the (re)sampled launches.
///
/// # Errors
///
/// [`StatsError`] as for [`estimate`], or what the statistic answers.
pub fn distribution(
    series: &[&Series],
    how: &Bootstrap,
    statistic: impl Fn(&[Vec<f64>]) -> Result<f64, StatsError>,
) -> Result<Interval, StatsError> {
    if !(0.5..1.0).contains(&how.confidence) {
        return Err(StatsError::NotAShare);
    }
    let launches = common_launches(series)?;
    let rounds = launches.iter().map(|&launch| series.iter().map(|one| one[launch].len()).min().unwrap_or(0)).sum();
    let units = if launches.len() > 1 { launches.len() } else { rounds };
    if units < 2 || how.resamples == 0 {
        return Err(StatsError::TooFew { have: units, need: 2 });
    }

    let observed: Result<Vec<Vec<f64>>, _> =
        series.iter().map(|one| launches.iter().map(|&launch| median(&one[launch])).collect()).collect();
    let observed = observed?;
    let value = statistic(&observed)?;
    let middles: Result<Vec<f64>, _> = observed.iter().map(|medians| geometric_mean(medians)).collect();
    let middles = middles?;
    let stretch = stretch(units, how.confidence)?;

    let mut rng = Rng::with_seed(how.seed);
    let mut drawn = Vec::with_capacity(how.resamples as usize);
    let mut chosen = vec![0; launches.len()];
    let mut scratch = Vec::new();
    let mut medians = vec![vec![0.0; launches.len()]; series.len()];
    for _ in 0..how.resamples {
        chosen.fill_with(|| launches[rng.usize(..launches.len())]);
        for ((one, middle), medians) in series.iter().zip(&middles).zip(&mut medians) {
            for (&launch, median_of) in chosen.iter().zip(medians) {
                let rounds = &one[launch];
                scratch.clear();
                scratch.extend((0..rounds.len()).map(|_| rounds[rng.usize(..rounds.len())]));
                *median_of = middle * (median(&scratch)? / middle).powf(stretch);
            }
        }
        drawn.push(statistic(&medians)?);
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - how.confidence) / 2.0;
    Interval::new(value, quantile(&drawn, tail), quantile(&drawn, 1.0 - tail))
}

/// The launches in which every series has rounds; a contender may have died in some.
fn common_launches(series: &[&Series]) -> Result<Vec<usize>, StatsError> {
    let most = series.iter().map(|one| one.len()).min().unwrap_or(0);
    let common: Vec<usize> = (0..most).filter(|&launch| series.iter().all(|one| !one[launch].is_empty())).collect();
    let samples = || series.iter().flat_map(|one| common.iter().flat_map(|&launch| &one[launch]));
    if samples().any(|sample| !sample.is_finite()) {
        Err(StatsError::NotFinite)
    } else if samples().any(|&sample| sample <= 0.0) {
        Err(StatsError::NotPositive)
    } else {
        Ok(common)
    }
}

/// By how much `units` independent units are moved apart.
fn stretch(units: usize, confidence: f64) -> Result<f64, StatsError> {
    let count = units as f64;
    let student = StudentsT::new(0.0, 1.0, count - 1.0).map_err(|_| StatsError::TooFew { have: units, need: 2 })?;
    let normal = Normal::new(0.0, 1.0).map_err(|_| StatsError::NotFinite)?;
    let end = 1.0 - (1.0 - confidence) / 2.0;
    Ok(student.inverse_cdf(end) / normal.inverse_cdf(end) * (count / (count - 1.0)).sqrt())
}

/// Linear interpolation between the order statistics of sorted values.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(rng: &mut Rng, launches: usize, rounds: usize, centre: f64) -> Series {
        // Launches differ by up to 2 %, rounds by up to 4 %.
        (0..launches)
            .map(|_| {
                let launch = centre * (1.0 + 0.02 * (rng.f64() - 0.5));
                (0..rounds).map(|_| launch * (1.0 + 0.04 * (rng.f64() - 0.5))).collect()
            })
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_seed_another() {
        let series = noisy(&mut Rng::with_seed(1), 4, 5, 100.0);
        let of = |seed| estimate(&series, &Bootstrap::seeded(seed)).expect("enough rounds");
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn intervals_cover_the_truth_as_often_as_they_say() {
        let mut rng = Rng::with_seed(42);
        for launches in [2, 3, 4, 6] {
            // Rounds as good as alike: only the launches differ, where few of them are least enough.
            let covered = (0..1_000)
                .filter(|&seed| {
                    let series: Series = (0..launches)
                        .map(|_| {
                            let normal: f64 = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
                            vec![100.0 * (0.02 * normal).exp()]
                        })
                        .collect();
                    let how = Bootstrap { resamples: 200, ..Bootstrap::seeded(seed) };
                    let interval = estimate(&series, &how).expect("enough rounds");
                    (interval.low()..=interval.high()).contains(&100.0)
                })
                .count();
            // 950, and four times its deviation of 6.9.
            assert!(covered >= 922, "{launches} launches: {covered} of 1000 intervals cover the truth");
            assert!(covered <= 978, "{launches} launches: {covered} of 1000 intervals cover the truth");
        }
    }

    #[test]
    fn few_launches_are_moved_apart() {
        // t(0.975, 3) = 3.1824, over z = 1.95996, times sqrt(4/3).
        let four = stretch(4, 0.95).expect("four units");
        assert!((four - 1.8749).abs() < 1e-3, "{four}");
        let many = stretch(100_000, 0.95).expect("many units");
        assert!((many - 1.0).abs() < 1e-4, "{many}");
    }

    #[test]
    fn a_constant_factor_is_recovered_exactly() {
        let below = noisy(&mut Rng::with_seed(3), 3, 4, 50.0);
        let above: Series = below.iter().map(|launch| launch.iter().map(|_| 100.0).collect()).collect();
        let below: Series = below.iter().map(|launch| launch.iter().map(|_| 25.0).collect()).collect();
        let four = ratio(&above, &below, &Bootstrap::seeded(1)).expect("enough rounds");
        for end in [four.low(), four.value(), four.high()] {
            assert!((end - 4.0).abs() < 1e-9, "{end}");
        }
    }

    #[test]
    fn launches_that_one_side_lacks_are_left_out() {
        let full = vec![vec![2.0, 2.0], vec![2.0, 2.0], vec![2.0, 2.0]];
        let holed = vec![vec![1.0, 1.0], vec![], vec![1.0, 1.0]];
        let two = ratio(&full, &holed, &Bootstrap::seeded(1)).expect("two launches are common");
        assert!((two.value() - 2.0).abs() < 1e-12);
        let nothing = vec![vec![], vec![]];
        let error = ratio(&full, &nothing, &Bootstrap::seeded(1)).expect_err("no launch is common");
        assert_eq!(error, StatsError::TooFew { have: 0, need: 2 });
    }

    #[test]
    fn one_sample_or_a_wrong_one_has_no_interval() {
        let how = Bootstrap::seeded(1);
        assert_eq!(estimate(&vec![vec![1.0]], &how), Err(StatsError::TooFew { have: 1, need: 2 }));
        assert_eq!(estimate(&vec![vec![1.0, f64::NAN]], &how), Err(StatsError::NotFinite));
        assert_eq!(estimate(&vec![vec![1.0, 0.0]], &how), Err(StatsError::NotPositive));
        let sure = Bootstrap { confidence: 1.0, ..how };
        assert_eq!(estimate(&vec![vec![1.0, 2.0]], &sure), Err(StatsError::NotAShare));
    }
}
