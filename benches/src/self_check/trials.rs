//! The same comparison over and over, its conclusions counted: how often does the instrument cry
//! wolf, and how often does it miss?
//!
//! A subject compared with itself must not be called faster or slower in more than one of twenty
//! comparisons; one that is 5 % slower must be called slower in nine of ten. `docs/METHOD.md` has
//! the figures of a run of each.

use crate::engine::{Start, launch};
use crate::stats::{Interval, StatsError, median, share};
use crate::{BenchError, SweepOptions, compare_with};
use poolproof_harness::Workload;
use poolproof_harness::record::ComparisonRecord;
use std::fmt;

/// What many comparisons of the same two subjects concluded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trials {
    comparisons: Vec<ComparisonRecord>,
}

impl Trials {
    /// How many comparisons there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.comparisons.len() as u64
    }

    /// How many of them concluded this.
    #[must_use]
    pub fn that_say(&self, verdict: &str) -> u64 {
        self.comparisons.iter().filter(|comparison| comparison.verdict == verdict).count() as u64
    }

    /// The share of them that concluded this, with its 95 % interval (Clopper and Pearson).
    ///
    /// # Errors
    ///
    /// [`StatsError`] if there were none.
    pub fn share_of(&self, verdict: &str) -> Result<Interval, StatsError> {
        share(self.that_say(verdict), self.count(), 0.95)
    }

    /// The largest ratio that was called a difference, as a factor of at least 1; 1 if none was.
    #[must_use]
    pub fn furthest_called(&self) -> f64 {
        let called = self.comparisons.iter().filter(|one| matches!(&*one.verdict, "faster" | "slower"));
        called.map(|one| one.ratio.max(1.0 / one.ratio)).fold(1.0, f64::max)
    }

    /// The least difference that a comparison of the middling kind can tell from none, as a share:
    /// the median, over the comparisons, of the larger of noise floor and half the interval.
    ///
    /// # Errors
    ///
    /// [`StatsError`] if there were none.
    pub fn resolution(&self) -> Result<f64, StatsError> {
        let reach = |one: &ComparisonRecord| one.noise_floor.max((one.high / one.low).sqrt() - 1.0);
        median(&self.comparisons.iter().map(reach).collect::<Vec<_>>())
    }
}

impl fmt::Display for Trials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} comparisons", self.count())?;
        for verdict in ["faster", "slower", "equivalent", "unclear"] {
            write!(f, ", {} {verdict}", self.that_say(verdict))?;
        }
        if let Ok(resolution) = self.resolution() {
            write!(f, "; smallest difference that can be seen {:.1} %", resolution * 100.0)?;
        }
        Ok(())
    }
}

/// Compares `a` with `b` this often, each time in new processes and with another seed, and passes
/// each comparison to `seen` with what all of them so far came to.
///
/// # Errors
///
/// As for [`compare`](crate::compare), of the first comparison that fails.
pub fn trials(
    count: u32,
    (a, b): (&str, &str),
    workload: Workload,
    options: &SweepOptions,
    seen: &mut dyn FnMut(&ComparisonRecord, &Trials),
) -> Result<Trials, BenchError> {
    trials_with(&mut launch, count, (a, b), workload, options, seen)
}

/// The same over contenders that `start` makes, in this process or elsewhere.
///
/// # Errors
///
/// As for [`trials`].
pub fn trials_with(
    start: &mut Start<'_>,
    count: u32,
    (a, b): (&str, &str),
    workload: Workload,
    options: &SweepOptions,
    seen: &mut dyn FnMut(&ComparisonRecord, &Trials),
) -> Result<Trials, BenchError> {
    let mut trials = Trials::default();
    for number in 0..count {
        let options = SweepOptions { seed: options.seed.wrapping_add(u64::from(number)), ..options.clone() };
        let comparison = compare_with(start, a, b, workload, &options, &mut |_| {})?;
        trials.comparisons.push(comparison);
        if let Some(last) = trials.comparisons.last() {
            seen(last, &trials);
        }
    }
    Ok(trials)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials_of(list: &[(f64, &str)]) -> Trials {
        let of = |&(ratio, verdict): &(f64, &str)| ComparisonRecord {
            schema: 1,
            a: "x".into(),
            b: "x".into(),
            workload: "empty".into(),
            metric: "time-per-task".into(),
            ratio,
            low: ratio / 1.02,
            high: ratio * 1.02,
            noise_floor: 0.01,
            verdict: verdict.into(),
            p_difference: None,
            p_equivalence: None,
        };
        Trials { comparisons: list.iter().map(of).collect() }
    }

    #[test]
    fn conclusions_are_counted_and_the_worst_is_kept() {
        let trials = trials_of(&[(1.0, "equivalent"), (1.3, "unclear"), (0.8, "faster"), (1.1, "slower")]);
        assert_eq!((trials.count(), trials.that_say("faster"), trials.that_say("unclear")), (4, 1, 1));
        assert!((trials.furthest_called() - 1.25).abs() < 1e-9, "an unclear ratio is no claim");
        assert!((trials.resolution().expect("there are some") - 0.02).abs() < 1e-9);
        let shown = trials.to_string();
        assert!(shown.starts_with("4 comparisons, 1 faster, 1 slower, 1 equivalent, 1 unclear; "), "{shown}");
    }

    #[test]
    fn none_has_no_share() {
        assert!(Trials::default().share_of("faster").is_err());
        assert!((Trials::default().furthest_called() - 1.0).abs() < 1e-12);
    }
}
