//! Runs that are killed, resumed, and spread over shards: nothing is left, nothing is lost, and the
//! result is that of one run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SUBJECTS: [&str; 3] = ["thread", "process", "broken:result-gone-after-shutdown"];
const ONLY: &str = "SUB,RES,MAP";

fn poolproof(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolproof"));
    command.args(arguments).current_dir(home).stdin(Stdio::null());
    command
}

fn check<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["check"], &SUBJECTS[..], &["--only", ONLY, "--format", "json"], more].concat()
}

/// The verdicts of a stream of records: subject and requirement, and what was said of them, the
/// worst where it was said more than once.
fn verdicts(text: &str) -> BTreeMap<(String, String), String> {
    const ORDER: [&str; 9] =
        ["conforms", "supplied", "unsupported", "overclaims", "inconclusive", "leaks", "hangs", "crashes", "violates"];
    let badness = |word: &str| ORDER.iter().position(|known| *known == word).expect("it is a verdict");
    let mut found: BTreeMap<_, String> = BTreeMap::new();
    for record in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        let word = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        if record["kind"] == "verdict" {
            let kept = found.entry((word("subject"), word("requirement"))).or_insert_with(|| word("verdict"));
            if badness(&word("verdict")) > badness(kept) {
                *kept = word("verdict");
            }
        }
    }
    found
}

fn text(output: &Output) -> String {
    assert!(output.status.code().is_some(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn whole(home: &Path) -> (BTreeMap<(String, String), String>, Option<i32>) {
    let output = poolproof(home, &check(&["--out", "whole"])).output().expect("it starts");
    let found = verdicts(&text(&output));
    assert!(found.len() > 60, "{found:?}");
    (found, output.status.code())
}

/// The processes below the runner with this number that are not over.
fn family(runner: u32) -> Vec<String> {
    let mark = format!("POOLPROOF_FAMILY={runner}-");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("there are processes").flatten() {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).split('\0').any(|fact| fact.starts_with(&mark)) {
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            found.push(status.lines().take(3).collect::<Vec<_>>().join(", "));
        }
    }
    found
}

#[test]
fn a_runner_that_is_killed_at_any_moment_leaves_nothing_and_loses_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let (expected, code) = whole(home.path());
    let mut random = fastrand::Rng::with_seed(9);
    for round in 0..10 {
        let out = format!("killed-{round}");
        let mut runner = poolproof(home.path(), &check(&["--out", &out]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        // A moment is so many lines of output, and a little more.
        let lines = random.usize(0..150);
        let mut stdout = BufReader::new(runner.stdout.take().expect("it is piped"));
        let mut printed = String::new();
        for _ in 0..lines {
            if stdout.read_line(&mut printed).expect("it can be read") == 0 {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(random.u64(0..20_000)));
        runner.kill().expect("it is there");
        let number = runner.id();
        runner.wait().expect("it ends");

        // A second of a machine that has time: a hundred sleeps of a hundredth.
        let mut ticks = 0;
        while !family(number).is_empty() {
            ticks += 1;
            assert!(ticks <= 100, "after a second these are left: {:#?}", family(number));
            std::thread::sleep(Duration::from_millis(10));
        }

        // Whole lines that came out before the end count as printed.
        while stdout.read_line(&mut printed).expect("it can be read") > 0 {}
        let whole_lines = printed.rfind('\n').map_or("", |end| &printed[..end]);
        let kept = fs::read_to_string(home.path().join(&out).join("verdicts.jsonl")).unwrap_or_default();
        let kept = verdicts(&kept);
        for (key, verdict) in verdicts(whole_lines) {
            assert_eq!(kept.get(&key), Some(&verdict), "{key:?} was printed, and is lost");
        }
        if !home.path().join(&out).join("run.json").exists() {
            // Killed before there was a run: there is nothing to go on with.
            continue;
        }
        let resumed = poolproof(home.path(), &["check", "--resume", &out, "--format", "json"]).output();
        let resumed = resumed.expect("it starts");
        assert_eq!(resumed.status.code(), code, "{}", String::from_utf8_lossy(&resumed.stderr));
        assert_eq!(verdicts(&text(&resumed)), expected, "after {lines} lines");
        let done = fs::read_to_string(home.path().join(&out).join("verdicts.jsonl")).expect("it is there");
        assert_eq!(verdicts(&done), expected);
        assert!(done.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "a line is damaged");
    }
}

#[test]
fn shards_merged_are_one_run() {
    let home = tempfile::tempdir().expect("a directory");
    let (expected, code) = whole(home.path());
    let mut parts = 0;
    for shard in ["1/3", "2/3", "3/3"] {
        let out = format!("shard-{}", &shard[..1]);
        let output =
            poolproof(home.path(), &check(&["--partition", shard, "--out", &out])).output().expect("it starts");
        parts += verdicts(&text(&output)).len();
    }
    assert!(parts >= expected.len() && parts < expected.len() + 20, "{parts} instead of {}", expected.len());
    let merge = ["merge", "shard-3", "shard-1", "shard-2", "--out", "merged", "--format", "json"];
    let output = poolproof(home.path(), &merge).output().expect("it starts");
    assert_eq!((output.status.code(), verdicts(&text(&output))), (code, expected));
    for name in ["run.json", "verdicts.jsonl", "report.html", "junit.xml", "badge.svg", "summary.md"] {
        assert!(home.path().join("merged").join(name).exists(), "{name}");
    }

    let refused = |arguments: &[&str], word: &str| {
        let output = poolproof(home.path(), arguments).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(word), "{said}");
    };
    refused(&["merge", "shard-1", "shard-2", "--out", "x"], "3/3");
    refused(&["merge", "shard-1", "shard-1", "shard-2", "--out", "x"], "twice");
    refused(&["merge", "shard-1", "whole", "--out", "x"], "whole");
    refused(&["merge", "absent", "--out", "x"], "absent");
    refused(&["check", "--resume", "absent"], "absent");
    refused(&["check", "--resume", "merged"], "check");
    refused(&["check", "thread", "--partition", "3/2"], "2/8");
    refused(&["check", "thread", "--resume", "whole"], "cannot be used with");
    refused(&["bench", "thread", "--partition", "0/2"], "2/8");
}
