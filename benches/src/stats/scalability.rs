//! What a curve of throughput by workers says of more workers: a law with two constants.
//!
//! With `C(W)` the throughput of W workers over that of one, the universal scalability law says
//! `C(W) = W / (1 + s (W - 1) + k W (W - 1))`: the share `s` of the work is done one after the other
//! (contention), and each pair of workers costs `k` (coherence). With `k = 0` it is Amdahl's law, with
//! `s = 0` too it is a straight line. Source: N. J. Gunther, *Guerrilla Capacity Planning*, 2007.
//!
//! `W / C(W) - 1` is linear in `s` and `k`, so least squares have one solution. Its errors are weighed
//! as shares of `C(W)`, and neither constant may be negative. Which of the three laws it is, Akaike's
//! criterion for small samples (AICc) decides.

use super::StatsError;

/// Fewer numbers of workers than this tell the laws apart by luck only.
pub const LEAST_POINTS: usize = 6;

/// The law that fits a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Each worker brings what the first did.
    Linear,
    /// Part of the work is done one after the other.
    Amdahl,
    /// Each pair of workers costs something, too.
    Universal,
}

/// The constants of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalability {
    /// Which law fits best.
    pub law: Law,
    /// `s`, a share of the work.
    pub contention: f64,
    /// `k`, for each pair of workers, in times of one worker's work.
    pub coherence: f64,
}

impl Scalability {
    /// The number of workers with the highest throughput, if more than that bring less.
    #[must_use]
    pub fn peak(&self) -> Option<f64> {
        (self.coherence > 0.0 && self.contention < 1.0).then(|| ((1.0 - self.contention) / self.coherence).sqrt())
    }
}

/// Fits `points`, numbers of workers with their throughput in any unit; one must be of one worker.
///
/// # Errors
///
/// [`StatsError`] if there are fewer than [`LEAST_POINTS`], none of one worker, or one is not finite
/// and positive.
pub fn scalability(points: &[(f64, f64)]) -> Result<Scalability, StatsError> {
    if points.iter().any(|(workers, throughput)| !workers.is_finite() || !throughput.is_finite()) {
        return Err(StatsError::NotFinite);
    }
    if points.iter().any(|&(workers, throughput)| workers < 1.0 || throughput <= 0.0) {
        return Err(StatsError::NotPositive);
    }
    let one = points.iter().find(|point| point.0 == 1.0);
    let Some(&(_, one)) = one.filter(|_| points.len() >= LEAST_POINTS) else {
        return Err(StatsError::TooFew { have: points.len(), need: LEAST_POINTS });
    };
    let rows: Vec<[f64; 3]> = points
        .iter()
        .filter(|point| point.0 > 1.0)
        .map(|&(workers, throughput)| {
            // Weighed by 1 / (W / C), an error here is the same share of C everywhere.
            let weight = throughput / one / workers;
            [(workers - 1.0) * weight, workers * (workers - 1.0) * weight, 1.0 - weight]
        })
        .collect();
    let fits = [(Law::Linear, [0.0, 0.0]), (Law::Amdahl, alone(&rows, 0)), (Law::Universal, both(&rows))];
    let (_, (law, [contention, coherence])) = fits
        .into_iter()
        .map(|fit| (criterion(&rows, fit), fit))
        // The simpler law wins a tie.
        .reduce(|best, next| if next.0 < best.0 { next } else { best })
        .ok_or(StatsError::NotFinite)?;
    Ok(Scalability { law, contention, coherence })
}

/// Least squares in one constant, the other being none.
fn alone(rows: &[[f64; 3]], which: usize) -> [f64; 2] {
    let product = |other: usize| rows.iter().map(|row| row[which] * row[other]).sum::<f64>();
    let mut found = [0.0, 0.0];
    found[which] = (product(2) / product(which)).max(0.0);
    found
}

/// Least squares in both, neither negative.
fn both(rows: &[[f64; 3]]) -> [f64; 2] {
    let product = |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>();
    let determinant = product(0, 0) * product(1, 1) - product(0, 1).powi(2);
    let first = (product(0, 2) * product(1, 1) - product(1, 2) * product(0, 1)) / determinant;
    let second = (product(1, 2) * product(0, 0) - product(0, 2) * product(0, 1)) / determinant;
    if first >= 0.0 && second >= 0.0 {
        return [first, second];
    }
    let (one, other) = (alone(rows, 0), alone(rows, 1));
    if squares(rows, one) <= squares(rows, other) { one } else { other }
}

fn squares(rows: &[[f64; 3]], [s, k]: [f64; 2]) -> f64 {
    rows.iter().map(|row| (row[2] - s * row[0] - k * row[1]).powi(2)).sum()
}

/// AICc; the variance is a parameter as well.
fn criterion(rows: &[[f64; 3]], (law, constants): (Law, [f64; 2])) -> f64 {
    /// Errors below a millionth are those of the arithmetic.
    const LEAST: f64 = 1e-12;
    let parameters = match law {
        Law::Linear => 1.0,
        Law::Amdahl => 2.0,
        Law::Universal => 3.0,
    };
    let count = rows.len() as f64;
    let likelihood = count * (squares(rows, constants) / count).max(LEAST).ln();
    likelihood + 2.0 * parameters + 2.0 * parameters * (parameters + 1.0) / (count - parameters - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKERS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 32.0];

    fn fitted(s: f64, k: f64) -> Scalability {
        let law = |&w: &f64| (w, 7.0 * w / (1.0 + s * (w - 1.0) + k * w * (w - 1.0)));
        scalability(&WORKERS.iter().map(law).collect::<Vec<_>>()).expect("enough points")
    }

    #[test]
    fn each_law_is_recognised_with_its_constants() {
        let near = |found: Scalability, law, s: f64, k: f64| {
            assert!(
                found.law == law && (found.contention - s).abs() < 1e-6 && (found.coherence - k).abs() < 1e-6,
                "{found:?}"
            );
        };
        near(fitted(0.0, 0.0), Law::Linear, 0.0, 0.0);
        near(fitted(0.1, 0.0), Law::Amdahl, 0.1, 0.0);
        near(fitted(0.05, 0.002), Law::Universal, 0.05, 0.002);
        let peak = fitted(0.05, 0.002).peak().expect("it has one");
        assert!((peak - (0.95_f64 / 0.002).sqrt()).abs() < 0.01, "{peak}");
        assert_eq!(fitted(0.1, 0.0).peak(), None);
    }

    #[test]
    fn a_published_curve_has_its_published_contention() {
        // The ray tracer of Gunther's book: rays by processors; its contention is 0.05.
        let processors = [1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0, 48.0, 64.0];
        let rays = [20.0, 78.0, 130.0, 170.0, 190.0, 200.0, 210.0, 230.0, 260.0, 280.0, 310.0];
        let points: Vec<(f64, f64)> = processors.into_iter().zip(rays).collect();
        let found = scalability(&points).expect("enough points");
        assert!((found.contention - 0.05).abs() < 0.01 && found.coherence < 1e-4, "{found:?}");
    }

    #[test]
    fn what_gains_more_than_its_workers_has_no_negative_constants() {
        let points: Vec<(f64, f64)> = WORKERS.iter().map(|&w| (w, w * (1.0 + 0.01 * w))).collect();
        let found = scalability(&points).expect("enough points");
        assert_eq!((found.law, found.contention, found.coherence), (Law::Linear, 0.0, 0.0));
    }

    #[test]
    fn few_or_wrong_points_have_no_law() {
        let five: Vec<(f64, f64)> = WORKERS[..5].iter().map(|&w| (w, w)).collect();
        assert_eq!(scalability(&five), Err(StatsError::TooFew { have: 5, need: 6 }));
        let without_one: Vec<(f64, f64)> = (2..9).map(|w| (f64::from(w), 1.0)).collect();
        assert!(matches!(scalability(&without_one), Err(StatsError::TooFew { .. })));
        let mut wrong: Vec<(f64, f64)> = WORKERS.iter().map(|&w| (w, w)).collect();
        wrong[3].1 = f64::NAN;
        assert_eq!(scalability(&wrong), Err(StatsError::NotFinite));
        wrong[3].1 = 0.0;
        assert_eq!(scalability(&wrong), Err(StatsError::NotPositive));
    }
}
