//! Why a check stops, and the expectations that make it stop.

use super::assertion::{gives, looks};
use poolproof_harness::Fault;
use std::fmt::Debug;

/// Why a check did not end with *conforms*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The promise is broken: what was expected, and what happened instead.
    Violates(String),
    /// Something that must happen did not.
    Hangs(String),
    /// The process that hosts the executor died.
    Crashes(String),
    /// The executor says that it does not offer this.
    Unsupported(String),
    /// The executor declares what it does not offer.
    Overclaims(String),
    /// The machine, not the executor, decided.
    Inconclusive(String),
}

/// What a check returns.
pub type CheckResult = Result<(), Stop>;

/// The promise is broken.
///
/// # Errors
///
/// [`Stop::Violates`], always.
#[track_caller]
pub fn violated<T>(message: impl Into<String>) -> Result<T, Stop> {
    gives(false, || wrong(message))
}

/// The same, for what is part of an assertion and none of its own.
pub(super) fn wrong<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Violates(message.into()))
}

/// A fault of a call that must succeed.
pub(super) fn stop_of(call: &str, fault: Fault) -> Stop {
    match fault {
        Fault::Driver(reason) => Stop::Crashes(format!("{call}: {reason}")),
        Fault::Unsupported => Stop::Overclaims(format!("{call} is declared, and answers that it is not offered")),
        Fault::TimedOut => Stop::Violates(format!("{call} timed out although its limit had not passed")),
        other => Stop::Violates(format!("{call} must succeed, but: {other}")),
    }
}

/// Checks that `found` is what was expected of `what`.
///
/// # Errors
///
/// [`Stop::Violates`] if it is not.
#[track_caller]
pub fn expect_eq<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> CheckResult {
    looks(|| equal(what, found, expected))
}

/// The same, as part of an assertion.
pub(super) fn equal<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> CheckResult {
    if found == expected { Ok(()) } else { wrong(format!("{what} must be {expected:?}, but is {found:?}")) }
}

/// Checks that `holds`, which says `otherwise` if it does not.
///
/// # Errors
///
/// [`Stop::Violates`] if it does not.
#[track_caller]
pub fn expect(holds: bool, otherwise: &str) -> CheckResult {
    looks(|| if holds { Ok(()) } else { wrong(otherwise) })
}
