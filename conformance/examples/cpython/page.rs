//! The document: version by version, which defects the suite and the scripts find.

use super::collect::Found;
use super::evidence::{Said, is_shown_here, scripts};
use poolproof_conformance::{Entry, Ledger};
use semver::Version;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::path::Path;

const INTRODUCTION: &str = "\
# What the suite finds on CPython

Written by `cargo run -p poolproof-conformance --example cpython -- page` from the records in `docs/cpython/`; those come from runs of
`poolproof check` on each interpreter (`... -- collect`) and from the scripts in `conformance/evidence/`, which are plain
Python and know nothing of this project (`... -- evidence`). Continuous integration renders it again, and fails if the
records contradict the ledger of known failures (`conformance/ledger.toml`).

**✘** broken in every run. **✘ n/m** broken in n of m runs: it depends on the schedule, and few runs may miss it. **✔** kept.
**·** the version does not offer what it is about. **?** not run.
";

/// Writes the page to standard output.
pub(crate) fn run() -> Result<(), String> {
    let ledger = Ledger::builtin();
    let found: Vec<Found> = read("verdicts.jsonl")?;
    let said: Vec<Said> = read("evidence.jsonl")?;
    let versions: Vec<String> = sorted(found.iter().map(|one| one.version.clone()));
    println!("{INTRODUCTION}\n## By requirement\n");
    heading(&["requirement", "subject", "defect", "shown by"], &versions);
    for entry in ledger.entries().iter().filter(|entry| is_shown_here(entry)) {
        for subject in subjects(entry, &found) {
            let cells = versions.iter().map(|version| cell(entry, &subject, version, &found));
            let evidence = format!("`{}`", entry.evidence);
            row([&entry.requirement, &format!("`{subject}`"), &entry.reason, &evidence].map(String::as_str), cells);
        }
    }
    println!("\n## By script\n\n**✘** says `defect`, **✔** says `sound`, **·** says `absent`.\n");
    let versions: Vec<String> = sorted(said.iter().map(|one| one.version.clone()));
    heading(&["script"], &versions);
    for script in scripts(&ledger) {
        let cells = versions.iter().map(|version| {
            let one = said.iter().find(|one| one.evidence == script && one.version == *version);
            one.map_or("?", |one| match one.verdict() {
                "defect" => "✘",
                "sound" => "✔",
                _ => "·",
            })
            .to_owned()
        });
        row([format!("`{script}`").as_str()], cells);
    }
    contradictions(&ledger, &found, &said)
}

/// Everything in the records that the ledger does not expect.
fn contradictions(ledger: &Ledger, found: &[Found], said: &[Said]) -> Result<(), String> {
    let mut wrong: Vec<String> = Vec::new();
    for one in found.iter().filter(|one| one.failed > 0) {
        if !ledger.entries().iter().any(|entry| expects(entry, one)) {
            wrong.push(format!("{} {} {}: {} is in no entry", one.version, one.subject, one.requirement, one.verdict));
        }
    }
    for one in found.iter().filter(|one| one.verdict == "conforms") {
        if ledger.entries().iter().any(|entry| entry.rate.is_always() && expects(entry, one)) {
            wrong.push(format!("{} {} {}: the entry is stale", one.version, one.subject, one.requirement));
        }
    }
    wrong.extend(
        said.iter()
            .filter(|one| !one.is_expected(ledger))
            .map(|one| format!("{} {}: {}", one.version, one.evidence, one.said)),
    );
    if wrong.is_empty() { Ok(()) } else { Err(format!("the records contradict the ledger:\n{}", wrong.join("\n"))) }
}

/// Whether an entry is about this subject, version and requirement.
fn expects(entry: &Entry, one: &Found) -> bool {
    let (subject, options) = one.subject.split_once('?').unwrap_or((&one.subject, "start=fork"));
    let start = options.strip_prefix("start=").unwrap_or_default();
    let version = Version::parse(&one.version);
    entry.requirement == one.requirement
        && entry.subject == subject
        && (entry.start.is_empty() || entry.start.iter().any(|named| named == start))
        && version.is_ok_and(|version| entry.versions.matches(&version))
}

/// The addresses that were run of an entry's subject, if it is about them.
fn subjects(entry: &Entry, found: &[Found]) -> Vec<String> {
    let run = found.iter().map(|one| &one.subject).filter(|subject| {
        let (plain, options) = subject.split_once('?').unwrap_or((subject, "start=fork"));
        let start = options.strip_prefix("start=").unwrap_or_default();
        plain == entry.subject
            && (entry.start.is_empty() && start == "fork" || entry.start.iter().any(|named| named == start))
    });
    let subjects = sorted(run.cloned());
    if subjects.is_empty() { vec![entry.subject.clone()] } else { subjects }
}

fn cell(entry: &Entry, subject: &str, version: &str, found: &[Found]) -> String {
    let is = |one: &&Found| one.requirement == entry.requirement && one.subject == subject && one.version == version;
    match found.iter().find(is) {
        None => "?".to_owned(),
        Some(one) if one.verdict == "unsupported" => "·".to_owned(),
        Some(one) if one.failed == 0 => "✔".to_owned(),
        Some(one) if entry.rate.is_always() && one.failed == one.runs => "✘".to_owned(),
        Some(one) => format!("✘ {}/{}", one.failed, one.runs),
    }
}

fn heading(columns: &[&str], versions: &[String]) {
    println!("| {} | {} |", columns.join(" | "), versions.join(" | "));
    println!("|{}", " --- |".repeat(columns.len() + versions.len()));
}

fn row<const N: usize>(columns: [&str; N], cells: impl Iterator<Item = String>) {
    println!("| {} | {} |", columns.join(" | "), cells.collect::<Vec<_>>().join(" | "));
}

/// Each once; versions in the order of versions.
fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut sorted: Vec<String> = texts.collect::<BTreeSet<_>>().into_iter().collect();
    sorted.sort_by_key(|text| Version::parse(text).ok());
    sorted
}

fn read<T: DeserializeOwned>(name: &str) -> Result<Vec<T>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cpython").join(name);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let record = |line| serde_json::from_str(line).map_err(|error| format!("{}: {error}", path.display()));
    text.lines().map(record).collect()
}
