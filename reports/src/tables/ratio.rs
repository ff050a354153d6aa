//! One figure over another, when only their intervals are known.

use super::Quantity;
use poolproof_benches::stats::{Conclusion, Interval, MARGIN, PairedRatio, judge};
use statrs::distribution::{ContinuousCDF, Normal};

/// Quantiles of the normal distribution of which intervals of 95 % and of 90 % consist.
const Z: (f64, f64) = (1.959_964, 1.644_854);

/// `above` over `below`, with an interval of the confidence that both have.
///
/// The interval comes from those of the two, on logarithms: the distance from the ratio to its lower
/// end is the root of the squared distances from `above` to its lower and from `below` to its upper
/// end (method of variance estimates recovery; Zou and Donner, *Construction of confidence limits
/// about effect measures*, 2008). It takes the two for independent; figures that were measured in
/// the same rounds differ less than it says. `None` where a figure is not positive.
pub(crate) fn over(above: &Quantity, below: &Quantity) -> Option<Quantity> {
    let log = |figure: &Quantity| -> Option<(f64, f64, f64)> {
        let positive = |value: f64| (value > 0.0 && value.is_finite()).then(|| value.ln());
        Some((positive(figure.value)?, positive(figure.low)?, positive(figure.high)?))
    };
    let ((a, a_low, a_high), (b, b_low, b_high)) = (log(above)?, log(below)?);
    let (down, up) = ((a - a_low).hypot(b_high - b), (a_high - a).hypot(b - b_low));
    let (value, unit) = (above.value / below.value, "x".to_owned());
    Some(Quantity { value, low: value * (-down).exp(), high: value * up.exp(), unit })
}

/// What the engine concludes from a ratio of costs whose interval has 95 %, and how likely a ratio so far from 1 is
/// where there is no difference.
pub(crate) fn difference(ratio: &Quantity, noise_floor: f64) -> Option<(Conclusion, f64)> {
    let at = |share: f64| {
        let end = |end: f64| ratio.value * (end / ratio.value).powf(share);
        Interval::new(ratio.value, end(ratio.low), end(ratio.high)).ok()
    };
    let normal = Normal::standard();
    // The standard error on the side of the ratio that the question is about.
    let inwards = if ratio.value > 1.0 { ratio.value / ratio.low } else { ratio.high / ratio.value };
    let outwards = if ratio.value > 1.0 { ratio.high / ratio.value } else { ratio.value / ratio.low };
    let beyond = |distance: f64, side: f64| normal.sf(distance / (side.ln() / Z.0).max(f64::MIN_POSITIVE));
    let distance = ratio.value.ln().abs();
    let paired = PairedRatio {
        at_95: at(1.0)?,
        at_90: at(Z.1 / Z.0)?,
        p_difference: 2.0 * beyond(distance, inwards),
        p_equivalence: beyond(MARGIN.ln_1p() - distance, outwards),
    };
    Some((judge(&paired, noise_floor.max(MARGIN)), paired.p_difference))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, low: f64, high: f64) -> Quantity {
        Quantity { value, low, high, unit: "ns".into() }
    }

    #[test]
    fn the_interval_of_a_ratio_is_wider_than_either() {
        let ratio = over(&figure(20.0, 18.0, 22.0), &figure(10.0, 9.0, 11.0)).expect("positive");
        assert_eq!(ratio.value, 2.0);
        // ln(20/18) and ln(11/10) as the legs of a triangle.
        let down = (0.105_360_5_f64.powi(2) + 0.095_310_2_f64.powi(2)).sqrt();
        assert!((ratio.low - 2.0 * (-down).exp()).abs() < 1e-6, "{ratio:?}");
        assert!(ratio.low < 2.0 * 0.9 && ratio.high > 2.0 * 1.1);
        assert!(over(&figure(0.0, 0.0, 1.0), &figure(1.0, 1.0, 1.0)).is_none());
        assert!(over(&figure(1.0, f64::NAN, 1.0), &figure(1.0, 1.0, 1.0)).is_none());
    }

    #[test]
    fn four_conclusions_from_intervals() {
        let of = |value, low, high| difference(&figure(value, low, high), 0.0).map(|found| found.0);
        assert_eq!(of(1.0, 0.98, 1.02), Some(Conclusion::Equivalent));
        assert_eq!(of(0.5, 0.4, 0.6), Some(Conclusion::Faster));
        assert_eq!(of(1.5, 1.2, 1.8), Some(Conclusion::Slower));
        assert_eq!(of(1.5, 0.9, 2.4), Some(Conclusion::Unclear));
        // A difference inside the margin is none, however sure it is.
        assert_eq!(of(1.045, 1.03, 1.06), Some(Conclusion::Unclear));
        assert_eq!(difference(&figure(1.5, 1.2, 1.8), 0.6).map(|found| found.0), Some(Conclusion::Unclear));
    }
}
