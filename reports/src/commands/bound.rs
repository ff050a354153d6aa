//! How long the checks of a subject may take where nobody has said so.

use poolproof_conformance::Options;
use poolproof_harness::Description;
use std::time::Duration;

/// A check of any subject is to end within this, whatever the subject does.
const MINUTE: Duration = Duration::from_secs(60);

/// What is left of a minute when it was found out what the subject is, and what was begun is ended.
const WITHIN: Duration = Duration::from_secs(55);

/// A bound that nobody asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// How long the checks may take.
    pub(super) within: Duration,
    /// How long all of them would take.
    whole: Duration,
}

/// The bound of a check of `subject`, if it says that it takes longer than a minute. Who says how long it may take, or
/// asks for more than one run of each check, gets that.
pub(super) fn of(subject: &Description, options: &Options) -> Option<Bound> {
    let asked_for_more = options.within.is_some() || options.budget.is_some() || options.runs > 1;
    let whole = Duration::from_secs(subject.check_seconds?.into());
    (whole > MINUTE && !asked_for_more).then_some(Bound { within: WITHIN, whole })
}

impl Bound {
    /// What its user is told, in one sentence.
    pub(super) fn told(&self, subject: &Description) -> String {
        let (address, whole, within) = (&subject.address, self.whole.as_secs(), self.within.as_secs());
        format!(
            "a whole check of {address} takes {whole} s, so this one ends after {within} s, and what is not decided by \
             then is inconclusive; --within {}m for all of it",
            self.enough()
        )
    }

    /// How many minutes are enough for all checks on a machine that is busy with other things too, in steps of five.
    fn enough(&self) -> u64 {
        let five_minutes = 5 * MINUTE.as_secs();
        (self.whole.as_secs() + self.whole.as_secs() / 2).div_ceil(five_minutes) * 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn taking(check_seconds: Option<u32>) -> Description {
        let description = samples::subject("python:slow:Pool", "installed", None).description.expect("it is installed");
        Description { check_seconds, ..description }
    }

    #[test]
    fn whoever_says_that_a_check_takes_long_is_bounded() {
        let within = |seconds| of(&taking(seconds), &Options::default()).map(|bound| bound.within);
        assert_eq!(within(Some(61)), Some(Duration::from_secs(55)));
        assert_eq!(within(Some(u32::MAX)), within(Some(61)));
        for fits in [None, Some(0), Some(60)] {
            assert_eq!(within(fits), None);
        }
    }

    #[test]
    fn whoever_is_asked_for_more_is_not() {
        let slow = taking(Some(302));
        let one_second = Some(Duration::from_secs(1));
        for asked in [
            Options { within: one_second, ..Options::default() },
            Options { budget: one_second, ..Options::default() },
            Options { runs: 2, ..Options::default() },
        ] {
            assert_eq!(of(&slow, &asked), None, "{asked:?}");
        }
    }

    #[test]
    fn it_is_said_with_what_is_enough_for_all() {
        let told = |seconds| {
            let subject = taking(Some(seconds));
            of(&subject, &Options::default()).expect("it takes long").told(&subject)
        };
        assert_eq!(
            told(302),
            "a whole check of python:slow:Pool takes 302 s, so this one ends after 55 s, and what is not decided by then \
             is inconclusive; --within 10m for all of it"
        );
        for (seconds, enough) in [(61, "5m"), (200, "5m"), (201, "10m"), (276, "10m"), (2_000, "50m")] {
            assert!(told(seconds).contains(&format!("--within {enough} ")), "{}", told(seconds));
        }
    }
}
