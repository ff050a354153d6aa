//! Runs that are killed, resumed, and spread over shards: nothing is left, nothing is lost, and the
//! result is that of one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

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

/// What was said, by subject and requirement.
type Verdicts = BTreeMap<(String, String), String>;

/// The verdicts of a stream of records: subject and requirement, and what was said of them, the
/// worst where it was said more than once.
fn verdicts(text: &str) -> Verdicts {
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

/// The requirements that the clean-up after any check may find broken: said only then.
const CLEAN_UP: [&str; 3] = ["WORK-002", "SHUT-002", "SHUT-016"];

/// Checks that two runs came to the same: to a verdict on the same requirements, and to the same one
/// wherever nobody was late. On a machine that is busy enough anything may be late.
fn assert_same(found: &Verdicts, expected: &Verdicts, when: &str) {
    let asked =
        |of: &Verdicts| of.keys().filter(|key| !CLEAN_UP.contains(&key.1.as_str())).cloned().collect::<Vec<_>>();
    assert_eq!(asked(found), asked(expected), "{when}");
    let late = |verdict: &str| matches!(verdict, "hangs" | "inconclusive");
    for key in asked(expected) {
        let (found, expected) = (&found[&key], &expected[&key]);
        assert!(found == expected || late(found) || late(expected), "{key:?}: {found}, not {expected}, {when}");
    }
}

fn text(output: &Output) -> String {
    assert!(output.status.code().is_some(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn whole(home: &Path) -> (Verdicts, Option<i32>) {
    let output = poolproof(home, &check(&["--out", "whole"])).output().expect("it starts");
    let found = verdicts(&text(&output));
    assert!(found.len() > 60, "{found:?}");
    (found, output.status.code())
}

/// A process, told from a later one with its number by when it started.
type Process = (u32, u64);

fn process(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // What has ended and was not waited for is over.
    let over = matches!(fields.first(), Some(&"Z" | &"X"));
    let started = fields.get(19)?.parse().ok()?;
    (!over).then_some((pid, started))
}

/// The processes below `runner`, one list for each generation.
fn generations(runner: u32) -> Vec<Vec<Process>> {
    let children = |pid: u32| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
        let pids = lists.flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>());
        pids.filter_map(process).collect::<Vec<_>>()
    };
    let mut found = vec![children(runner)];
    while found.last().is_some_and(|last| !last.is_empty()) {
        found.push(found.last().into_iter().flatten().flat_map(|process| children(process.0)).collect());
    }
    found.pop();
    found
}

/// The processes that are not over and began with `mark` in their environment.
fn marked(mark: &str) -> BTreeSet<Process> {
    let pids = fs::read_dir("/proc").expect("there are processes").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let marked = pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).split('\0').any(|fact| fact.starts_with(mark))
    });
    marked.filter_map(process).collect()
}

/// For how long, since the machine was started, something had to wait for a processor, for memory or
/// for a disk, in milliseconds; `None` where the system does not tell.
fn starved_ms() -> Option<f64> {
    let of = |what: &str| {
        let pressure = fs::read_to_string(format!("/proc/pressure/{what}")).ok()?;
        let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
        Some(some.rsplit_once("total=")?.1.parse::<f64>().ok()? / 1e3)
    };
    Some(of("cpu")? + of("memory")? + of("io")?)
}

/// How long a kill may take on the busiest machine: less than what hangs is waited for.
const GIVE_UP: Duration = Duration::from_secs(30);

/// Kills `runner`, and sees that everything that was below it, or has a mark of its family, is over
/// within a second of a machine on which nothing has to wait.
fn kill_all(runner: &mut Child) {
    let number = runner.id();
    let mut below: BTreeSet<Process> = generations(number).concat().into_iter().collect();
    runner.kill().expect("it is there");
    let (started, before) = (Instant::now(), starved_ms());
    runner.wait().expect("it ends");
    let marks = [format!("POOLPROOF_FAMILY={number}-"), format!("POOLPROOF_CONTENDER={number}:")];
    loop {
        below.retain(|&(pid, started)| process(pid) == Some((pid, started)));
        let left: BTreeSet<_> = marks.iter().flat_map(|mark| marked(mark)).chain(below.iter().copied()).collect();
        if left.is_empty() {
            break;
        }
        let status = |pid: u32| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let told = || left.iter().map(|process| status(process.0)).collect::<String>();
        assert!(started.elapsed() < GIVE_UP, "these are left: {}", told());
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = started.elapsed().as_secs_f64() * 1e3;
    // Where the system does not tell, nothing is said of the time.
    let starved = before.zip(starved_ms()).map_or(f64::INFINITY, |(before, after)| after - before);
    println!("killed: nothing is left after {took:.0} ms, {starved:.0} of them starved");
    assert!(took - starved <= 1000.0, "it took {took} ms until nothing was left, {starved} of them starved");
}

/// An executor in Python that never comes back below a check, which has a temporary directory of its own.
const STUCK: &str = "
import os, time
from concurrent.futures import ThreadPoolExecutor

class Stuck(ThreadPoolExecutor):
    def submit(self, *task):
        if 'poolproof-check-' in os.environ.get('TMPDIR', ''):
            time.sleep(1000)
        return super().submit(*task)
";

/// Beside contenders and checks there are the drivers below them, and the workers below those.
#[test]
fn nobody_far_below_a_runner_that_is_killed_outlives_it() {
    let python = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    let bench = ["bench", "process", "--sweep", "workers", "--quick", "--out", "run"];
    let bench_driver = ["bench", "python:process", "--sweep", "workers", "--quick", "--out", "run"];
    let check_driver = ["check", "python:process", "--only", "SUB,RES,MAP", "--jobs", "1", "--out", "run"];
    // Hangs, and is waited for for longer than a kill is allowed to take.
    let check_hanging = ["check", "python:stuck:Stuck?kind=cluster", "--only", "RES-001", "--out", "run"];
    // What is run, the generation to wait for, and for how long nobody may come and go before the kill.
    for (arguments, generation, calm_ms, needs_python) in [
        (&bench[..], 2, 0, false),
        (&bench_driver[..], 3, 0, true),
        (&check_driver[..], 4, 0, true),
        (&check_hanging[..], 3, 300, true),
    ] {
        if needs_python && !python {
            println!("SKIPPED: python3 is not installed; install it with: apt-get install python3");
            continue;
        }
        let home = tempfile::tempdir().expect("a directory");
        fs::write(home.path().join("stuck.py"), STUCK).expect("it can be written");
        let mut runner = poolproof(home.path(), arguments);
        let mut runner = runner
            .env("PYTHONPATH", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let (mut before, mut since) = (Vec::new(), Instant::now());
        while before.len() < generation || since.elapsed() < Duration::from_millis(calm_ms) {
            assert!(runner.try_wait().is_ok_and(|ended| ended.is_none()), "{arguments:?} ended without any");
            std::thread::sleep(Duration::from_millis(1));
            let now = generations(runner.id());
            if now != before {
                (before, since) = (now, Instant::now());
            }
        }
        kill_all(&mut runner);
    }
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
        kill_all(&mut runner);

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
        assert_same(&verdicts(&text(&resumed)), &expected, &format!("after {lines} lines"));
        let done = fs::read_to_string(home.path().join(&out).join("verdicts.jsonl")).expect("it is there");
        assert_same(&verdicts(&done), &expected, "in the records");
        // Nothing is decided twice: what was there is gone on with.
        let said = done.lines().filter(|line| line.contains("\"kind\":\"verdict\"")).count();
        assert_eq!(said, verdicts(&done).len(), "after {lines} lines");
        assert!(done.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "a line is damaged");
    }
}

#[test]
fn what_was_cut_off_in_the_middle_of_a_line_is_decided_again() {
    let home = tempfile::tempdir().expect("a directory");
    let run =
        poolproof(home.path(), &["check", "serial", "--only", "SUB", "--out", "run"]).output().expect("it starts");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let path = home.path().join("run/verdicts.jsonl");
    let whole = fs::read_to_string(&path).expect("it is there");
    let last = whole.rfind("{\"kind\":\"verdict\"").expect("there is a verdict");
    fs::write(&path, &whole[..last + 40]).expect("it can be written");
    let resumed = poolproof(home.path(), &["check", "--resume", "run"]).output().expect("it starts");
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
    let done = fs::read_to_string(&path).expect("it is there");
    assert!(done.starts_with(&whole[..last]), "what was whole stays");
    assert!(
        done.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "a line is damaged: {done}"
    );
    assert_same(&verdicts(&done), &verdicts(&whole), "after the cut");
    let said = done.lines().filter(|line| line.contains("\"kind\":\"verdict\"")).count();
    assert_eq!(said, verdicts(&whole).len(), "nothing else is decided again");
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
    assert_eq!(output.status.code(), code);
    assert_same(&verdicts(&text(&output)), &expected, "of the shards");
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
