//! From figures to places on the paper.

/// Maps figures to a stretch of the paper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: (f64, f64),
    to: (f64, f64),
    log: bool,
}

impl Scale {
    /// Even steps for even differences.
    pub(super) fn linear(from: (f64, f64), to: (f64, f64)) -> Self {
        let from = if from.1 > from.0 { from } else { (from.0, from.0 + 1.0) };
        Self { from, to, log: false }
    }

    /// Even steps for even ratios. Figures must be above zero.
    pub(super) fn log(from: (f64, f64), to: (f64, f64)) -> Self {
        let from = if from.1 > from.0 { from } else { (from.0 / 2.0, from.0 * 2.0) };
        Self { from, to, log: true }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let ease = |value: f64| if self.log { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let share = (ease(value) - ease(self.from.0)) / (ease(self.from.1) - ease(self.from.0));
        self.to.0 + share.clamp(-0.02, 1.02) * (self.to.1 - self.to.0)
    }

    /// Round figures along the scale.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.log { self.decades() } else { self.steps() }
    }

    fn steps(&self) -> Vec<f64> {
        let span = self.from.1 - self.from.0;
        let size = 10_f64.powf((span / 5.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|unit| unit * size).into_iter().find(|step| span / step <= 6.0);
        let step = step.unwrap_or(size * 10.0);
        let first = (self.from.0 / step).ceil();
        (0..12).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick <= self.from.1 * 1.000_001).collect()
    }

    fn decades(&self) -> Vec<f64> {
        let all = |units: &[f64]| -> Vec<f64> {
            let first = self.from.0.log10().floor() as i32;
            let last = self.from.1.log10().ceil() as i32;
            (first..=last)
                .flat_map(|power| units.iter().map(move |unit| unit * 10_f64.powi(power)))
                .filter(|tick| *tick >= self.from.0 * 0.999 && *tick <= self.from.1 * 1.001)
                .collect()
        };
        let fine = all(&[1.0, 2.0, 5.0]);
        if fine.len() <= 8 { fine } else { all(&[1.0]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_map_to_ends() {
        for scale in [Scale::linear((1.0, 3.0), (10.0, 110.0)), Scale::log((1.0, 100.0), (10.0, 110.0))] {
            assert_eq!(scale.at(scale.from.0), 10.0);
            assert_eq!(scale.at(scale.from.1), 110.0);
        }
        assert_eq!(Scale::log((1.0, 100.0), (0.0, 1.0)).at(10.0), 0.5);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(Scale::linear((0.0, 4.0), (0.0, 1.0)).ticks(), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(Scale::log((1.0, 100.0), (0.0, 1.0)).ticks(), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        for top in [1e-9, 0.3, 7.0, 1234.0, 9e12] {
            let ticks = Scale::linear((0.0, top), (0.0, 1.0)).ticks();
            assert!((2..=8).contains(&ticks.len()), "{top}: {ticks:?}");
        }
    }

    #[test]
    fn a_single_figure_has_a_place() {
        assert!(Scale::linear((2.0, 2.0), (0.0, 1.0)).at(2.0).is_finite());
        assert!(Scale::log((2.0, 2.0), (0.0, 1.0)).at(2.0).is_finite());
    }
}
