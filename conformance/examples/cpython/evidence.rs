//! Runs the stand-alone scripts under every interpreter.

use poolproof_conformance::{Entry, Ledger};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What one script said under one version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) version: String,
    pub(crate) evidence: String,
    /// Its last line; the first word is the verdict.
    pub(crate) said: String,
}

impl Said {
    /// `defect`, `sound` or `absent`.
    pub(crate) fn verdict(&self) -> &str {
        self.said.split(':').next().unwrap_or_default()
    }

    /// Whether that is what the ledger expects.
    pub(crate) fn is_expected(&self, ledger: &Ledger) -> bool {
        let fails = fails(ledger, &self.evidence, &self.version);
        match self.verdict() {
            "defect" => fails,
            "sound" | "absent" => !fails,
            _ => false,
        }
    }
}

/// Whether a script shows it on CPython alone. What is known of packages needs these, and has a page of its own.
pub(crate) fn is_shown_here(entry: &Entry) -> bool {
    !entry.evidence.is_empty() && !entry.evidence.starts_with("package_deviations.py")
}

/// Whether an entry of the ledger says that this script shows a defect on this version.
fn fails(ledger: &Ledger, evidence: &str, version: &str) -> bool {
    let Ok(version) = Version::parse(version) else { return false };
    ledger.entries().iter().any(|entry| entry.evidence == evidence && entry.versions.matches(&version))
}

/// Every script with its arguments, each once, in the order of the ledger.
pub(crate) fn scripts(ledger: &Ledger) -> Vec<String> {
    let mut scripts: Vec<String> = Vec::new();
    for entry in ledger.entries().iter().filter(|entry| is_shown_here(entry)) {
        if !scripts.contains(&entry.evidence) {
            scripts.push(entry.evidence.clone());
        }
    }
    scripts
}

/// Runs them all, and writes what they say, one record a line, to standard output.
pub(crate) fn run(interpreters: &[String]) -> Result<(), String> {
    let ledger = Ledger::builtin();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence");
    let mut todo = VecDeque::new();
    for interpreter in interpreters {
        let version = version(interpreter)?;
        todo.extend(scripts(&ledger).into_iter().map(|script| (interpreter.clone(), version.clone(), script)));
    }
    if todo.is_empty() {
        return Err("name the interpreters, paths or names on PATH".to_owned());
    }
    let (todo, said) = (Mutex::new(todo), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // They mostly wait; several at once make a machine busy enough to be like a real one.
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some((interpreter, version, evidence)) = next else { return };
                    let one = Said { version, said: last_line(&interpreter, &directory, &evidence), evidence };
                    let as_expected = if one.is_expected(&ledger) { "as expected" } else { "NOT AS EXPECTED" };
                    eprintln!("{} {}: {} ({as_expected})", one.version, one.evidence, one.said);
                    said.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
    for one in &said {
        println!("{}", serde_json::to_string(one).map_err(|error| error.to_string())?);
    }
    let wrong: Vec<_> = said.iter().filter(|one| !one.is_expected(&ledger)).collect();
    match wrong.first() {
        None => Ok(()),
        Some(one) => Err(format!(
            "{} of {} runs contradict the ledger, first `{}` under {}: {}",
            wrong.len(),
            said.len(),
            one.evidence,
            one.version,
            one.said
        )),
    }
}

fn version(interpreter: &str) -> Result<String, String> {
    let asked = Command::new(interpreter).args(["-c", "import platform; print(platform.python_version())"]).output();
    let output = asked.map_err(|error| format!("`{interpreter}` cannot be started: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The longest that a script may take: those that hunt for a schedule take a minute.
const LONGEST: Duration = Duration::from_secs(300);

/// The last line that a script prints.
fn last_line(interpreter: &str, directory: &Path, evidence: &str) -> String {
    let mut words = evidence.split(' ');
    let script = directory.join(words.next().unwrap_or_default());
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", &LONGEST.as_secs().to_string(), interpreter]).arg(script).args(words);
    let Ok(mut output) = tempfile::tempfile() else { return "no temporary file".to_owned() };
    let Ok(stdout) = output.try_clone() else { return "no temporary file".to_owned() };
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null()).process_group(0);
    let Ok(mut child) = command.spawn() else { return "cannot be started".to_owned() };
    let group = format!("-{}", child.id());
    let _ = child.wait();
    // Workers that a defect left behind.
    let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    let mut text = String::new();
    let _ = output.rewind().and_then(|()| output.read_to_string(&mut text));
    text.lines().next_back().unwrap_or("said nothing").to_owned()
}
