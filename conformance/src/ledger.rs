//! The ledger of known failures: what a released version is known to do wrong, and why.
//!
//! A failure that the ledger names is printed and counted as *known* and does not raise the exit
//! code. An entry whose failure no longer shows is itself reported, and so is one that expired.

mod day;

pub use day::Day;

use poolproof_harness::record::VerdictRecord;
use poolproof_harness::{Description, Verdict};
use semver::{Version, VersionReq};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::{Path, PathBuf};

/// How often a known failure shows.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Rate {
    /// In every run, or in some: it depends on the schedule.
    Word(Often),
    /// In this share of the runs, when it was measured.
    Share(f64),
}

/// How often, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Often {
    /// In every run; an entry that does not show is stale.
    Always,
    /// In some runs.
    Sometimes,
}

impl Rate {
    /// Whether it shows in every run.
    #[must_use]
    pub fn is_always(self) -> bool {
        self == Self::Word(Often::Always)
    }
}

/// One known failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The subject's address without interpreter and options (`python:thread`).
    pub subject: String,
    /// The ways of starting processes (`?start=` of the address) with which it fails; all, if none
    /// is named.
    #[serde(default)]
    pub start: Vec<String>,
    /// The versions of the subject that fail.
    #[serde(deserialize_with = "versions")]
    pub versions: VersionReq,
    /// The requirement that they fail.
    pub requirement: String,
    /// Why: one sentence.
    pub reason: String,
    /// Where it is written down: an issue number, or the script that shows it.
    pub link: String,
    /// The script that shows it without this suite, and its arguments.
    #[serde(default)]
    pub evidence: String,
    /// How often it shows.
    pub rate: Rate,
    /// The day (`"2027-01-31"`) from which somebody should look again: the entry is reported then, and
    /// counts as before, so that no build fails by the calendar alone.
    #[serde(default)]
    pub expires: Option<Day>,
}

fn versions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VersionReq, D::Error> {
    let text = String::deserialize(deserializer)?;
    VersionReq::parse(&text).map_err(serde::de::Error::custom)
}

/// A subject that is built on another one, and fails as that does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inheritance {
    /// The subject's address without interpreter and options.
    subject: String,
    /// The subject whose failures it shares; their versions are compared with those of the language.
    from: String,
    /// Which of them: those of the code that it shares. All without a list.
    #[serde(default)]
    requirements: Option<Vec<String>>,
    /// The script that shows each of them on the subject itself, and its arguments.
    #[serde(default)]
    #[allow(dead_code, reason = "for whoever reads the ledger, and for the test that looks for it")]
    evidence: String,
}

/// Known failures.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    inherits: Vec<Inheritance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    failure: Vec<Entry>,
    #[serde(default)]
    inherits: Vec<Inheritance>,
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

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, LedgerError> {
        let fail = |reason| LedgerError { path: path.to_owned(), reason };
        let file: File = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        let inherited = file.inherits.iter().flat_map(|one| one.requirements.iter().flatten());
        let mut named = file.failure.iter().map(|entry| &entry.requirement).chain(inherited);
        match named.find(|requirement| crate::contract::find(requirement).is_none()) {
            Some(requirement) => Err(fail(format!("it names the requirement {requirement}, which does not exist"))),
            None => Ok(Self { entries: file.failure, inherits: file.inherits }),
        }
    }

    /// Both ledgers together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.inherits.extend(other.inherits);
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
        let own = self.entries_for(subject).find(|entry| entry.requirement == requirement);
        own.or_else(|| self.inherited(subject, requirement))
    }

    /// The entry of a subject that this one is built on.
    fn inherited(&self, subject: &Description, requirement: &str) -> Option<&Entry> {
        let address = plain_address(&subject.address);
        let version = language_version(subject)?;
        let of_those = |one: &&Inheritance| {
            let listed = one.requirements.as_ref().is_none_or(|only| only.iter().any(|one| one == requirement));
            one.subject == address && listed
        };
        self.inherits.iter().filter(of_those).find_map(|one| {
            let fits = |entry: &&Entry| entry.requirement == requirement && entry.versions.matches(&version);
            self.entries.iter().filter(|entry| entry.subject == one.from).find(fits)
        })
    }

    fn entries_for<'l>(&'l self, subject: &Description) -> impl Iterator<Item = &'l Entry> {
        let address = plain_address(&subject.address);
        let start = start_method(&subject.address).to_owned();
        let version = Version::parse(&subject.version).ok();
        self.entries.iter().filter(move |entry| {
            entry.subject == address
                && (entry.start.is_empty() || entry.start.contains(&start))
                && version.as_ref().is_some_and(|version| entry.versions.matches(version))
        })
    }

    /// The entries for `subject` that somebody should have looked at again by `today`.
    #[must_use]
    pub fn expired(&self, subject: &Description, today: Day) -> Vec<&Entry> {
        self.entries_for(subject).filter(|entry| entry.expires.is_some_and(|day| day <= today)).collect()
    }

    /// The entries for `subject` whose failure must show in every run, and did not show although
    /// the requirement was decided.
    #[must_use]
    pub fn stale(&self, subject: &Description, records: &[VerdictRecord]) -> Vec<&Entry> {
        let decided = |entry: &&Entry| {
            let mut of_entry = records
                .iter()
                .filter(|record| record.subject == subject.address && record.requirement == entry.requirement);
            entry.rate.is_always()
                && of_entry.any(|record| !record.known && record.runs > 0 && record.verdict != Verdict::Inconclusive)
        };
        self.entries_for(subject).filter(decided).collect()
    }
}

/// The version of the language below a package: the first of what one installs to have the same.
fn language_version(subject: &Description) -> Option<Version> {
    let first = subject.versions.split(',').next()?.split_whitespace().nth(1)?;
    Version::parse(first).ok()
}

/// `python@/some/python:thread?start=spawn` is `python:thread` to the ledger.
fn plain_address(address: &str) -> String {
    let body = address.split('?').next().unwrap_or_default();
    match body.strip_prefix("python@").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("python:{rest}"),
        None => body.to_owned(),
    }
}

/// How the processes of `python:process?start=spawn` are started; by fork, if it does not say.
fn start_method(address: &str) -> &str {
    let options = address.split_once('?').map_or("", |(_, options)| options);
    options.split('&').find_map(|option| option.strip_prefix("start=")).unwrap_or("fork")
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
    fn how_processes_are_started_is_read_from_the_address() {
        assert_eq!(start_method("python@/opt/python:process?kind=process&start=spawn"), "spawn");
        assert_eq!(start_method("python:process"), "fork");
    }

    #[test]
    fn every_entry_names_a_script_that_is_there_and_a_reason() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence");
        let mut named = std::collections::HashSet::new();
        for entry in Ledger::builtin().entries() {
            // Entries about a package may have a script of their own, as their link.
            let shown = if entry.evidence.is_empty() {
                entry.link.rsplit('/').next()
            } else {
                entry.evidence.split(' ').next()
            };
            let script = shown.unwrap_or_default();
            assert!(scripts.join(script).is_file(), "{}: no script `{script}`", entry.requirement);
            assert!(entry.reason.ends_with('.'), "{}: {:?}", entry.requirement, entry.reason);
            let reported = entry.link.starts_with("https://") || entry.link.ends_with(script);
            assert!(reported, "{}: {} is neither a report nor its script", entry.requirement, entry.link);
            named.insert(script.to_owned());
        }
        // What lies below a package, and is kept away from its checks, is on the page alone.
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings/python-packages.md");
        let page = std::fs::read_to_string(page).expect("there is a page");
        for file in std::fs::read_dir(scripts).expect("there are scripts").flatten() {
            let name = file.file_name().into_string().unwrap_or_default();
            let known = named.contains(&name) || page.contains(&format!("`{name}`"));
            assert!(!name.ends_with(".py") || known, "no entry of the ledger, nor the page, names {name}");
        }
    }

    /// A name in the script of all packages says in its first line which requirements it breaks; what else it breaks in a
    /// package is on the page, beside the name.
    #[test]
    fn what_is_said_of_a_package_names_what_shows_it_there() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/deviations");
        let files = std::fs::read_dir(scripts).expect("there are scripts").flatten();
        let source: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        let says = |name: &str| {
            let rest = source.split(&format!("\ndef {name}(make):\n    \"\"\"")).nth(1);
            rest.unwrap_or_else(|| panic!("no deviation is named {name}"))
                .lines()
                .next()
                .unwrap_or_default()
                .trim_end_matches('"')
        };
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings/python-packages.md");
        let page = std::fs::read_to_string(page).expect("there is a page");
        let row = |name: &str, requirement: &str| {
            page.lines().any(|row| row.contains(&format!("`{name}`")) && names(row, requirement))
        };
        let ledger = Ledger::builtin();
        let of_packages =
            ledger.entries.iter().filter(|entry| entry.link == "conformance/evidence/package_deviations.py");
        assert!(of_packages.clone().next().is_some(), "there are entries about packages");
        for Entry { subject, requirement, evidence, .. } in of_packages {
            let name = evidence.strip_prefix("package_deviations.py ").unwrap_or_default();
            assert!(says(name).ends_with(')'));
            assert!(row(name, requirement), "{subject}, {requirement}: not on the page beside `{name}`");
        }
        assert!(!ledger.inherits.is_empty(), "there are packages that share failures");
        for Inheritance { subject, requirements, evidence, .. } in &ledger.inherits {
            // Nothing is said of a package that no script shows on it: so none shares everything.
            let listed = requirements.as_deref().unwrap_or_else(|| panic!("{subject} shares failures without a list"));
            let shown = evidence.strip_prefix("package_deviations.py ").unwrap_or_default();
            let shows = |name: &str, requirement: &str| names(says(name), requirement) && row(name, requirement);
            for requirement in listed {
                let seen = shown.split(' ').any(|name| shows(name, requirement));
                assert!(seen, "{subject}, {requirement}: nothing in `{shown}` shows it");
            }
            for name in shown.split(' ') {
                let wanted = listed.iter().any(|requirement| shows(name, requirement));
                assert!(wanted, "{subject}: `{name}` shows nothing that is listed");
            }
        }
    }

    /// Whether `text` names the requirement, alone or in a range such as `CANC-001 to CANC-005`.
    fn names(text: &str, requirement: &str) -> bool {
        let within = |part: &str| {
            part.split_once(" to ").is_some_and(|(first, last)| {
                first.len() == requirement.len() && (first..=last.trim()).contains(&requirement)
            })
        };
        let parts = text.split([',', '|', '(', ')']).map(str::trim);
        parts.map(|part| part.strip_prefix("after ").unwrap_or(part)).any(|part| part == requirement || within(part))
    }

    #[test]
    fn a_package_inherits_what_it_is_listed_for_in_the_version_of_its_language() {
        let ledger = "[[failure]]\nsubject='python:thread'\nversions='<3.12'\nrequirement='MAP-001'\nreason='r'\n\
            link='l'\nrate='always'\n[[inherits]]\nsubject='python:p:P'\nfrom='python:thread'\nrequirements=['MAP-001']";
        let ledger = Ledger::parse(Path::new("mine.toml"), ledger).expect("it is valid");
        let known = |address: &str, versions: &str, requirement: &str| {
            let profile = poolproof_harness::Profile::new(poolproof_harness::Kind::Thread, &[]);
            let (address, version) = (address.to_owned(), "9.0.0".to_owned());
            let (language, versions) = ("CPython".into(), versions.into());
            let subject = Description { address, language, version, versions, profile, check_seconds: None };
            assert!(ledger.stale(&subject, &[]).is_empty());
            ledger.find(&subject, requirement).is_some()
        };
        assert!(known("python@/usr/bin/python3:p:P", "CPython 3.11.7, p 9.0.0", "MAP-001"));
        assert!(!known("python:p:P", "CPython 3.12.1, p 9.0.0", "MAP-001"));
        assert!(!known("python:p:P", "CPython 3.11.7, p 9.0.0", "MAP-002"));
        assert!(!known("python:q:P", "CPython 3.11.7, q 9.0.0", "MAP-001"));
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
