//! Many claims at once.

/// Which of the claims with these p-values stand together: with probability `1 - level` or more not one of those
/// that do is false.
///
/// Holm's step-down procedure: the claim with the least p-value must stay below `level / n`, the next below
/// `level / (n - 1)`, and so on; from the first that does not, none stands. It needs no independence. A p-value that
/// is no number stands for a claim without evidence, which counts among the `n`.
///
/// S. Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, Scandinavian Journal of Statistics 6, 1979.
///
/// ```
/// use poolproof_benches::stats::holm;
/// // 0.01 <= 0.05 / 3, 0.02 <= 0.05 / 2, but 0.06 > 0.05.
/// assert_eq!(holm(&[0.06, 0.01, 0.02], 0.05), [false, true, true]);
/// assert_eq!(holm(&[0.04, 0.03], 0.05), [false, false]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64], level: f64) -> Vec<bool> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    // Numbers below those that are none.
    order.sort_by(|&a, &b| {
        (p_values[a].is_nan(), p_values[a])
            .partial_cmp(&(p_values[b].is_nan(), p_values[b]))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut stands = vec![false; count];
    for (place, &claim) in order.iter().enumerate() {
        // What is no number is not below anything.
        let is_below = p_values[claim] * (count - place) as f64 <= level;
        if !is_below {
            break;
        }
        stands[claim] = true;
    }
    stands
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn a_published_example() {
        // Adjusted p-values 0.04, 0.06, 0.06, 0.02 by hand from 0.01, 0.04, 0.03, 0.005.
        let p_values = [0.01, 0.04, 0.03, 0.005];
        assert_eq!(holm(&p_values, 0.05), [true, false, false, true]);
        assert_eq!(holm(&p_values, 0.061), [true, true, true, true]);
        assert_eq!(holm(&p_values, 0.025), [false, false, false, true]);
        assert_eq!(holm(&[], 0.05), [false; 0]);
    }

    #[test]
    fn what_has_no_evidence_counts_among_the_claims_and_never_stands() {
        assert_eq!(holm(&[f64::NAN, 0.03], 0.05), [false, false]);
        assert_eq!(holm(&[f64::NAN, 0.02], 0.05), [false, true]);
    }

    #[test]
    fn of_twenty_true_nulls_one_is_rarely_denied() {
        let mut rng = Rng::with_seed(3);
        let denied = |stands: Vec<bool>| stands.contains(&true);
        let (mut holm_denies, mut each_alone_denies) = (0, 0);
        for _ in 0..2_000 {
            let p_values: Vec<f64> = (0..20).map(|_| rng.f64()).collect();
            holm_denies += u32::from(denied(holm(&p_values, 0.05)));
            each_alone_denies += u32::from(p_values.iter().any(|&p| p <= 0.05));
        }
        // 5 % and 64 % are expected; four standard deviations are 2 %.
        assert!(holm_denies <= 140, "{holm_denies} of 2000");
        assert!(each_alone_denies > 1_000, "{each_alone_denies} of 2000");
    }
}
