//! Condenses runs: what each version and subject came to, requirement by requirement.

use poolproof_conformance::Ledger;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// What the runs of one check on one version came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) version: String,
    /// `python:process?start=spawn`: without the interpreter.
    pub(crate) subject: String,
    pub(crate) requirement: String,
    /// The last verdict, or the last failure if there was one.
    pub(crate) verdict: String,
    /// How many runs there were, and how many of them failed.
    pub(crate) runs: u32,
    pub(crate) failed: u32,
}

impl Found {
    /// Whether a verdict says that the promise is broken.
    pub(crate) fn is_failure(verdict: &str) -> bool {
        ["violates", "hangs", "crashes", "leaks", "overclaims"].contains(&verdict)
    }
}

/// Reads the runs' `verdicts.jsonl` and writes one record a line to standard output: everything
/// that failed anywhere or stands in the ledger.
pub(crate) fn run(directories: &[String]) -> Result<(), String> {
    let ledger = Ledger::builtin();
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut found: BTreeMap<(String, String, String), Found> = BTreeMap::new();
    for directory in directories {
        let path = format!("{directory}/verdicts.jsonl");
        let text = fs::read_to_string(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).map_err(|error| format!("{path}: {error}"))?;
            let address = record["subject"].as_str().unwrap_or_default();
            match record["kind"].as_str() {
                Some("subject") => {
                    let version = record["description"]["version"].as_str().unwrap_or_default();
                    versions.insert(address.to_owned(), version.to_owned());
                }
                Some("verdict") => count(&mut found, &versions, &record),
                _ => {}
            }
        }
    }
    let failed_somewhere =
        |one: &Found| found.values().any(|other| other.requirement == one.requirement && other.failed > 0);
    let known = |one: &Found| ledger.entries().iter().any(|entry| entry.requirement == one.requirement);
    for one in found.values().filter(|one| known(one) || failed_somewhere(one)) {
        println!("{}", serde_json::to_string(one).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn count(found: &mut BTreeMap<(String, String, String), Found>, versions: &BTreeMap<String, String>, record: &Value) {
    let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let address = text("subject");
    let version = versions.get(&address).cloned().unwrap_or_default();
    let subject = plain(&address);
    let key = (text("requirement"), subject.clone(), version.clone());
    let one = found.entry(key).or_default();
    let verdict = text("verdict");
    let failed = Found::is_failure(&verdict);
    one.runs += 1;
    one.failed += u32::from(failed);
    if failed || !Found::is_failure(&one.verdict) {
        one.verdict = verdict;
    }
    (one.version, one.subject, one.requirement) = (version, subject, text("requirement"));
}

/// `python@/some/python:process?start=spawn` is `python:process?start=spawn`.
fn plain(address: &str) -> String {
    match address.strip_prefix("python@").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("python:{rest}"),
        None => address.to_owned(),
    }
}
