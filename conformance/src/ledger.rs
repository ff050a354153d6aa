//! The ledger of known failures: what a released version is known to do wrong, and why.
//!
//! A failure that the ledger names is printed and counted as *known* and does not raise the exit
//! code. An entry whose failure no longer shows is itself reported.

use poolproof_harness::Description;
use poolproof_harness::record::VerdictRecord;
use semver::{Version, VersionReq};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::{Path, PathBuf};

/// How often a known failure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// In every run; an entry that does not show is stale.
    Always,
    /// In some runs: it depends on the schedule.
    Sometimes,
}

/// One known failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The subject's address without interpreter and options (`python:thread`).
    pub subject: String,
    /// The versions of the subject that fail.
    #[serde(deserialize_with = "versions")]
    pub versions: VersionReq,
    /// The requirement that they fail.
    pub requirement: String,
    /// Why: one sentence.
    pub reason: String,
    /// Where it is written down: an issue number, or the script that shows it.
    pub link: String,
    /// How often it shows.
    pub rate: Rate,
    /// The date (`2027-01-01`) from which somebody should look again.
    #[serde(default)]
    pub expires: Option<String>,
}

fn versions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VersionReq, D::Error> {
    let text = String::deserialize(deserializer)?;
    VersionReq::parse(&text).map_err(serde::de::Error::custom)
}

/// Known failures.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    failure: Vec<Entry>,
}

/// A ledger that cannot be used.
#[derive(Debug)]
pub struct LedgerError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ledger {} cannot be used: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for LedgerError {}

impl Ledger {
    /// The ledger that comes with the suite.
    ///
    /// # Panics
    ///
    /// Never: the text is part of the program, and a test reads it.
    #[must_use]
    pub fn builtin() -> Self {
        Self::parse(Path::new("ledger.toml"), include_str!("../ledger.toml")).expect("the built-in ledger is valid")
    }

    /// No known failures.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The ledger in a file.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if it cannot be read, is not a ledger, or names an unknown requirement.
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| LedgerError { path: path.to_owned(), reason: error.to_string() })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, LedgerError> {
        let fail = |reason| LedgerError { path: path.to_owned(), reason };
        let file: File = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        match file.failure.iter().find(|entry| crate::contract::find(&entry.requirement).is_none()) {
            Some(entry) => Err(fail(format!("it names the requirement {}, which does not exist", entry.requirement))),
            None => Ok(Self { entries: file.failure }),
        }
    }

    /// Both ledgers together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// Every entry.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry that expects `requirement` to fail for `subject`, if any.
    #[must_use]
    pub fn find(&self, subject: &Description, requirement: &str) -> Option<&Entry> {
        self.entries_for(subject).find(|entry| entry.requirement == requirement)
    }

    fn entries_for<'l>(&'l self, subject: &Description) -> impl Iterator<Item = &'l Entry> {
        let address = plain_address(&subject.address);
        let version = Version::parse(&subject.version).ok();
        self.entries.iter().filter(move |entry| {
            entry.subject == address && version.as_ref().is_some_and(|version| entry.versions.matches(version))
        })
    }

    /// The entries for `subject` whose failure must show in every run, and did not show although
    /// the requirement was decided.
    #[must_use]
    pub fn stale(&self, subject: &Description, records: &[VerdictRecord]) -> Vec<&Entry> {
        let decided = |entry: &&Entry| {
            let mut of_entry = records
                .iter()
                .filter(|record| record.subject == subject.address && record.requirement == entry.requirement);
            entry.rate == Rate::Always && of_entry.any(|record| !record.known && record.runs > 0)
        };
        self.entries_for(subject).filter(decided).collect()
    }
}

/// `python@/some/python:thread?start=spawn` is `python:thread` to the ledger.
fn plain_address(address: &str) -> String {
    let body = address.split('?').next().unwrap_or_default();
    match body.strip_prefix("python@").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("python:{rest}"),
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_and_options_do_not_change_the_subject() {
        assert_eq!(plain_address("python@/opt/bin/python3.12:process?start=spawn"), "python:process");
        assert_eq!(plain_address("thread?queue=3"), "thread");
    }

    #[test]
    fn the_built_in_ledger_is_valid() {
        let _ = Ledger::builtin();
    }

    #[test]
    fn an_unknown_requirement_is_an_error_that_names_it() {
        let text = "[[failure]]\nsubject='x'\nversions='*'\nrequirement='NOPE-1'\nreason=''\nlink=''\nrate='always'";
        let error = Ledger::parse(Path::new("mine.toml"), text).expect_err("it names an unknown requirement");
        assert_eq!(
            error.to_string(),
            "the ledger mine.toml cannot be used: it names the requirement NOPE-1, which does not exist"
        );
    }
}
