//! The centre of a few values of which some may lie far out: Wilcoxon's signed ranks.

use super::{StatsError, median};

/// Below so many values the exact distribution has no interval of 95 %.
pub(super) const LEAST: usize = 6;

/// What signed ranks say of the centre of values that scatter alike to both sides of it.
///
/// A launch that lands on a busy core is far out and moves a mean with its whole distance; here it has one rank.
/// F. Wilcoxon, *Individual Comparisons by Ranking Methods*, Biometrics Bulletin 1, 1945; J. L. Hodges and
/// E. L. Lehmann, *Estimates of Location Based on Rank Tests*, The Annals of Mathematical Statistics 34, 1963.
#[derive(Debug)]
pub(super) struct SignedRanks {
    /// The means of each pair of values and of each value with itself, in order.
    walsh: Vec<f64>,
    /// How likely each sum of the positive ranks is, from 0, if the centre is 0.
    law: Vec<f64>,
}

impl SignedRanks {
    /// Of at least [`LEAST`] finite values.
    pub(super) fn of(values: &[f64]) -> Result<Self, StatsError> {
        if values.len() < LEAST {
            return Err(StatsError::TooFew { have: values.len(), need: LEAST });
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(StatsError::NotFinite);
        }
        let pairs = (0..values.len()).flat_map(|one| (one..values.len()).map(move |other| (one, other)));
        let mut walsh: Vec<f64> = pairs.map(|(one, other)| values[one] / 2.0 + values[other] / 2.0).collect();
        walsh.sort_unstable_by(f64::total_cmp);
        Ok(Self { walsh, law: law(values.len()) })
    }

    /// The median of the means of all pairs.
    pub(super) fn centre(&self) -> Result<f64, StatsError> {
        median(&self.walsh)
    }

    /// The ends of the interval of this confidence, or of the next higher one that the ranks have.
    pub(super) fn interval(&self, confidence: f64) -> (f64, f64) {
        let tail = (1.0 - confidence) / 2.0;
        let mut below = 0.0;
        // So many means may lie beyond each end.
        let beyond = self.law.iter().take_while(|share| {
            below += **share;
            below <= tail
        });
        let beyond = beyond.count().saturating_sub(1);
        (self.walsh[beyond], self.walsh[self.walsh.len() - 1 - beyond])
    }

    /// How likely values so far above `centre` are if that is their centre (one-sided). Ties with it count for it.
    pub(super) fn p_above(&self, centre: f64) -> f64 {
        let not_above = self.walsh.iter().filter(|mean| **mean <= centre).count();
        self.law.iter().take(not_above + 1).sum::<f64>().min(1.0)
    }

    /// The same of values so far below.
    pub(super) fn p_below(&self, centre: f64) -> f64 {
        let not_below = self.walsh.iter().filter(|mean| **mean >= centre).count();
        self.law.iter().take(not_below + 1).sum::<f64>().min(1.0)
    }
}

/// The distribution of the sum of those of the ranks 1 to `count` whose signs fall positive, each with a chance of a half.
fn law(count: usize) -> Vec<f64> {
    let mut law = vec![0.0; count * (count + 1) / 2 + 1];
    law[0] = 1.0;
    for rank in 1..=count {
        for sum in (0..law.len()).rev() {
            let with = if sum >= rank { law[sum - rank] } else { 0.0 };
            law[sum] = (law[sum] + with) / 2.0;
        }
    }
    law
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_is_that_of_the_tables() {
        // Of 2^n assignments of signs: for n = 3 the sums 0 to 6 come up 1, 1, 1, 2, 1, 1, 1 times.
        let counts: Vec<f64> = law(3).iter().map(|share| share * 8.0).collect();
        assert_eq!(counts, [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]);
        // Published critical values, two-sided 5 %: 0 for n = 6, 8 for n = 10, 81 for n = 24.
        for (count, critical) in [(6, 0), (10, 8), (24, 81)] {
            let at_most = |sum: usize| law(count).iter().take(sum + 1).sum::<f64>();
            assert!(at_most(critical) <= 0.025 && at_most(critical + 1) > 0.025, "{count}");
        }
    }

    #[test]
    fn the_interval_is_where_the_test_does_not_object() {
        let values = [0.3, -0.1, 0.25, 0.4, 0.05, 0.31, 0.22, 0.09];
        let ranks = SignedRanks::of(&values).expect("enough values");
        let (low, high) = ranks.interval(0.95);
        assert!(low < ranks.centre().expect("finite") && ranks.centre().expect("finite") < high);
        let objects = |centre: f64| 2.0 * ranks.p_above(centre).min(ranks.p_below(centre)) <= 0.05;
        assert!(objects(low - 1e-9) && !objects(low + 1e-9), "{low}");
        assert!(objects(high + 1e-9) && !objects(high - 1e-9), "{high}");
    }

    #[test]
    fn who_is_far_out_has_one_rank() {
        let mut values: Vec<f64> = (0..24).map(|number| 0.045 + 0.0005 * f64::from(number)).collect();
        (values[3], values[11], values[20]) = (5.0, -0.4, 0.9);
        let ranks = SignedRanks::of(&values).expect("enough values");
        let (low, high) = ranks.interval(0.95);
        assert!(low > 0.045 && high < 0.057, "[{low}, {high}]");
        assert!((ranks.centre().expect("finite") - 0.0507).abs() < 0.001);
    }

    #[test]
    fn too_few_and_what_is_not_finite_have_no_ranks() {
        assert!(SignedRanks::of(&[1.0; 5]).is_err());
        assert!(SignedRanks::of(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN]).is_err());
    }
}
