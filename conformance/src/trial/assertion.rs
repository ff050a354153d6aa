//! The identity of assertions, and the switch that makes one of them wrong on purpose.
//!
//! Who tests the tests? Every assertion of a check is known by the place where it stands. Told to by
//! the self-test, the process of a check notes which of them it reaches and how they end, or it
//! inverts or drops one; the self-test must notice. In normal use the switch is not there, and an
//! assertion is only what it says.
//!
//! An assertion is a call that judges what the subject did: `expect`, `violated`, `returns` and the
//! like. A call that only makes the subject do something (`submit`, `cancel`, `shutdown`) is a step:
//! it must succeed too, but a check without it would be another check.

use super::{CheckResult, Stop};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Where an assertion stands, below `src`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Site {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Site {
    fn of(location: &Location<'_>) -> Self {
        let file = location.file();
        let below = file.rsplit_once("src/").map_or(file, |(_, below)| below);
        Self { file: below.to_owned(), line: location.line(), column: location.column() }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is done with the assertions of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Assertions {
    /// They are judged; the normal case.
    #[default]
    Judged,
    /// They are judged, and what became of each is reported.
    Reported,
    /// This one fails where it should pass, and passes where it should fail.
    Inverted(Site),
    /// This one is not there. Where the check needs its value, the check ends well instead of
    /// failing there.
    Dropped(Site),
    /// This one is asked, and nobody looks at the answer: dropped for an executor whose lie is known by its
    /// number among its answers.
    Ignored(Site),
}

/// What became of an assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) site: Site,
    pub(crate) passed: bool,
    /// Whether it waits for something: without it, what comes after it comes earlier.
    pub(crate) waits: bool,
}

type Report = Box<dyn Fn(&Judged) + Send + Sync>;

/// What the process of a check was told about assertions.
struct Switch {
    assertions: Assertions,
    report: Report,
    reported: Mutex<HashSet<(Site, bool)>>,
    /// The assertion that failed last, if its failure ends the check.
    failed: Mutex<Option<Site>>,
}

static SWITCH: OnceLock<Switch> = OnceLock::new();

/// Tells this process once what to do with the assertions of its check.
pub(crate) fn switch(assertions: Assertions, report: impl Fn(&Judged) + Send + Sync + 'static) {
    if assertions != Assertions::Judged {
        let switch =
            Switch { assertions, report: Box::new(report), reported: Mutex::default(), failed: Mutex::default() };
        let _ = SWITCH.set(switch);
    }
}

/// What the check came to: a check that was ended by the assertion that is dropped ended well.
pub(crate) fn verdict(result: CheckResult) -> CheckResult {
    let ended_by = SWITCH.get().and_then(|switch| locked(&switch.failed).take());
    match result {
        Err(stop) if judges(&stop) && ended_by.is_some() => Ok(()),
        result => result,
    }
}

/// Whether a stop is a judgement of the subject.
fn judges(stop: &Stop) -> bool {
    !matches!(stop, Stop::Unsupported(_) | Stop::Inconclusive(_))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Switch {
    /// Reports how the assertion at `site` ended, the first time that it ends so.
    fn note(&self, site: &Site, passed: bool, waits: bool) {
        if locked(&self.reported).insert((site.clone(), passed)) {
            (self.report)(&Judged { site: site.clone(), passed, waits });
        }
    }
}

/// Reports something that is no assertion and yet decides what a run is good for.
pub(crate) fn remark(what: &str, number: usize) {
    if let Some(switch) = SWITCH.get() {
        let line = u32::try_from(number).unwrap_or(u32::MAX);
        let site = Site { file: what.to_owned(), line, column: 0 };
        switch.note(&site, true, false);
    }
}

/// An assertion that looks at something that is already there.
#[track_caller]
pub(super) fn looks(assertion: impl FnOnce() -> CheckResult) -> CheckResult {
    judged(false, assertion)
}

/// An assertion that waits for something.
#[track_caller]
pub(super) fn waits(assertion: impl FnOnce() -> CheckResult) -> CheckResult {
    judged(true, assertion)
}

#[track_caller]
fn judged(waits: bool, assertion: impl FnOnce() -> CheckResult) -> CheckResult {
    let Some(switch) = SWITCH.get() else { return assertion() };
    let site = Site::of(Location::caller());
    if switch.assertions == Assertions::Dropped(site.clone()) {
        return Ok(());
    }
    let result = assertion();
    let failed = result.as_ref().is_err_and(judges);
    switch.note(&site, !failed, waits);
    let ignored = switch.assertions == Assertions::Ignored(site.clone());
    let mutant = switch.assertions == Assertions::Inverted(site);
    match result {
        Ok(()) if mutant => inverted(),
        Err(_) if (mutant || ignored) && failed => Ok(()),
        result => result,
    }
}

/// An assertion whose value the check needs. Where it fails, its mutants end the check, and well.
#[track_caller]
pub(super) fn gives<T>(waits: bool, assertion: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    let Some(switch) = SWITCH.get() else { return assertion() };
    let site = Site::of(Location::caller());
    let result = assertion();
    let failed = result.as_ref().is_err_and(judges);
    switch.note(&site, !failed, waits);
    match &switch.assertions {
        Assertions::Inverted(mutant) if *mutant == site && result.is_ok() => return inverted(),
        Assertions::Inverted(mutant) | Assertions::Dropped(mutant) | Assertions::Ignored(mutant)
            if failed && *mutant == site =>
        {
            *locked(&switch.failed) = Some(site);
        }
        _ => {}
    }
    result
}

fn inverted<T>() -> Result<T, Stop> {
    Err(Stop::Violates("this assertion is inverted by the self-test".to_owned()))
}
