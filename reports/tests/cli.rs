//! The command as scripts see it: output, exit codes, wrong input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn poolproof(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().expect("the command starts")
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolproof"));
    command.args(arguments).current_dir(home).stdin(Stdio::null());
    command
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs, and expects a refusal: exit code 3, nothing on standard output, one sentence that names
/// all of `words`.
fn refused(arguments: &[&str], words: &[&str]) {
    refused_at(home().path(), arguments, words);
}

/// The same in a directory that holds something.
fn refused_at(home: &Path, arguments: &[&str], words: &[&str]) {
    let output = poolproof(home, arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}");
    }
}

#[test]
fn wrong_input_is_refused_with_a_sentence_and_code_3() {
    refused(&["check", "thred"], &["thred", "`thread`"]);
    refused(&["check", "thread", "rayonn"], &["rayonn", "`rayon`"]);
    refused(&["check", "thread?size=3"], &["size", "queue"]);
    refused(&["check", "thread", "--only", "MAP-999"], &["MAP-999", "MAP-0"]);
    refused(&["check", "thread", "--only", "NOWHERE"], &["NOWHERE", "SHUT"]);
    refused(&["check", "thread", "--workers", "0"], &["at least 1"]);
    refused(&["check", "thread", "--runs", "0"], &["at least 1"]);
    refused(&["check", "thread", "--for", "nonsense"], &["nonsense", "30s"]);
    refused(&["check", "thread", "--runs", "2", "--for", "1s"], &["cannot be used with"]);
    refused(&["check", "thread", "--ledger", "absent.toml"], &["absent.toml"]);
    refused(&["check", "thread", "--seed", "many"], &["seed", "many"]);
    refused(&["check"], &["SUBJECT"]);
    refused(&["explain", "MAP-999"], &["MAP-999", "nearest"]);
    refused(&["bench", "thread", "--sweep", "nowhere"], &["nowhere", "chunksize"]);
    refused(&["bench", "thread", "--workers", "1,0"], &["at least 1"]);
    refused(&["bench", "thread", "--format", "junit"], &["junit", "human, json"]);
    refused(&["compare", "thread"], &["<B>"]);
    refused(&["compare", "thread", "rayon", "--workload", "nothing"], &["nothing", "cpu-100us"]);
    refused(&["report", "absent"], &["absent", "cannot be read"]);
    refused(&["report"], &["latest", "cannot be read"]);
    refused(&["report", "."], &["holds no run"]);
    refused(&["self-test", "--soak", "1s", "--only", "map-"], &["depends on luck", "rare-result-shared-slot"]);
    refused(&["self-test", "--soak", "1s", "--full"], &["cannot be used with"]);
    refused(&["self-test", "--only", "wait.rs"], &["--mutants", "--soak"]);
    refused(&["nonsense"], &["nonsense"]);
    refused(&["--nonsense"], &["nonsense"]);
}

#[test]
fn an_unknown_broken_executor_is_answered_with_its_neighbours() {
    refused(&["check", "broken:map-in-completion-ordr"], &["broken:map-in-completion-order"]);
}

#[test]
fn a_broken_promise_is_code_1_and_told_in_full() {
    let home = home();
    let check = ["check", "broken:map-in-completion-order", "--only", "MAP-001"];
    let output = poolproof(home.path(), &check);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}");
    let told = ["MAP-001 on broken:map-in-completion-order", "promise", "observed", "script", "timeline", "replay"];
    let mut rest = out.as_str();
    for word in told {
        rest = rest.split_once(word).unwrap_or_else(|| panic!("`{word}` is missing or out of order: {out}")).1;
    }
    let page = fs::read_to_string(home.path().join("target/poolproof/latest/report.html")).expect("a page");
    assert!(page.contains("<details class=\"evidence\"") && page.contains("id=\"MAP-001\""));

    let ledger = "[[failure]]\nsubject='broken:map-in-completion-order'\nversions='*'\nrequirement='MAP-001'\n\
                  reason='on purpose'\nlink='none'\nrate='always'\n";
    fs::write(home.path().join("mine.toml"), ledger).expect("a ledger");
    let output = poolproof(home.path(), &[&check[..], &["--ledger", "mine.toml"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("known"));
}

#[test]
fn entries_of_a_ledger_that_are_stale_or_expired_are_named() {
    let home = home();
    let entry = |subject: &str, requirement: &str, expires: &str| {
        format!(
            "[[failure]]\nsubject='{subject}'\nversions='*'\nrequirement='{requirement}'\nreason='on purpose'\n\
             link='some/report'\nrate='always'\nexpires='{expires}'\n"
        )
    };
    let broken = "broken:map-in-completion-order";
    let ledger = [entry("serial", "RES-002", "9999-01-01"), entry(broken, "MAP-001", "2020-02-29")].concat();
    fs::write(home.path().join("mine.toml"), ledger).expect("a ledger");
    let check = ["check", "serial", broken, "--only", "RES-002,MAP-001", "--no-ledger", "--ledger", "mine.toml"];
    let output = poolproof(home.path(), &check);
    // A day of the calendar alone makes no build fail.
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let said = text(&output.stderr);
    let lines: Vec<_> = said.lines().collect();
    let [stale, expired] = lines[..] else { panic!("two entries are to be named: {said}") };
    assert!(stale.contains("serial fails RES-002") && stale.ends_with("the entry is stale"), "{said}");
    assert!(
        expired.contains(&format!("{broken} fails MAP-001")) && expired.contains("expired on 2020-02-29"),
        "{said}"
    );
    assert!(expired.contains("some/report"), "{said}");

    fs::write(home.path().join("mine.toml"), entry("serial", "RES-002", "2027-02-29")).expect("a ledger");
    refused_at(home.path(), &check, &["mine.toml", "2027-02-29", "2027-01-31"]);
}

/// Two subjects, each with a time of its own that is over at once.
#[test]
fn what_there_is_no_time_for_is_inconclusive() {
    let home = home();
    let ledger = "[[failure]]\nsubject='serial'\nversions='*'\nrequirement='RES-002'\nreason='on purpose'\n\
        link='some/report'\nrate='always'\n";
    fs::write(home.path().join("mine.toml"), ledger).expect("a ledger");
    let check = ["check", "serial", "thread", "--only", "RES-002", "--within", "1ms", "--ledger", "mine.toml"];
    let output = poolproof(home.path(), &check);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.matches("it was not begun").count(), 2, "{said}");
    assert_eq!(text(&output.stderr), "", "an entry that was not looked at is not stale");
    refused_at(home.path(), &["check", "serial", "--within", "soon"], &["soon", "30s"]);
}

/// That the bound is there shows in the order: what takes long is begun last where there may not be time for all.
#[test]
fn a_subject_that_says_that_it_takes_long_is_bounded() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return println!("SKIPPED: python3 is not installed; install it with: apt-get install python3");
    }
    let home = home();
    let module =
        "from concurrent.futures import ThreadPoolExecutor as Slow\nPOOLPROOF = {'Slow': {'check_seconds': 302}}\n";
    fs::write(home.path().join("takes_long.py"), module).expect("a module");
    let (quick, long) = ("RES-002", "PROF-001");
    let only = [quick, long].join(",");
    let check = ["check", "python:takes_long:Slow", "--only", &only, "--jobs", "1", "--format", "json"];
    let told = "poolproof: a whole check of python:takes_long:Slow takes 302 s, so this one ends after 55 s, and what is not \
        decided by then is inconclusive; --within 10m for all of it\n";
    for (more, said, order) in [
        (&[][..], told, [quick, long]),
        (&["--within", "10m"], "", [quick, long]),
        (&["--for", "1ms"], "", [long, quick]),
    ] {
        let output = poolproof(home.path(), &[&check[..], more].concat());
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), said.to_owned()), "{more:?}");
        let records = text(&output.stdout);
        let verdicts = records.lines().filter(|line| line.contains(r#""kind":"verdict""#));
        let verdicts: Vec<_> =
            verdicts.filter_map(|line| [quick, long].into_iter().find(|id| line.contains(id))).collect();
        assert_eq!(verdicts, order, "{more:?}");
    }
}

#[test]
fn help_and_version_are_results() {
    let home = home();
    for arguments in [&["--help"][..], &["check", "--help"], &["help", "bench"], &["--version"]] {
        let output = poolproof(home.path(), arguments);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    }
    assert!(text(&poolproof(home.path(), &["check", "--help"]).stdout).contains("Examples:"));
}

#[test]
fn a_check_leaves_a_run_and_its_reports() {
    let home = home();
    let output = poolproof(home.path(), &["check", "serial", "--only", "SUB"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "progress is for terminals");
    let out = text(&output.stdout);
    assert!(out.contains("Conformance") && out.contains("report.html") && !out.contains('\u{1b}'), "{out}");
    let latest = home.path().join("target/poolproof/latest");
    for name in ["run.json", "verdicts.jsonl", "report.html", "report.md", "summary.md", "badge.svg", "junit.xml"] {
        assert!(fs::metadata(latest.join(name)).is_ok_and(|file| file.len() > 0), "{name}");
    }
    let again = poolproof(home.path(), &["report"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert!(text(&again.stdout).contains("Conformance"));
}

#[test]
fn json_is_one_record_a_line_and_the_summary_is_last() {
    let home = home();
    let output = poolproof(home.path(), &["check", "serial", "--only", "RES-002", "--format", "json", "--out", "here"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap_or("?")).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"subject"), Some(&"summary")), "{kinds:?}");
    assert!(kinds.contains(&"requirement") && kinds.contains(&"verdict"), "{kinds:?}");
    let summary = lines.last().expect("there is a summary");
    assert_eq!((&summary["exit"], &summary["checks"]), (&0.into(), &1.into()));
    let rendered = poolproof(home.path(), &["report", "here", "--format", "json"]);
    assert_eq!(text(&rendered.stdout), text(&output.stdout), "a run rendered again is the same run");
}

#[test]
fn a_soak_says_how_often_a_defect_was_caught_and_what_is_rare_may_stay_uncaught() {
    let soak = ["self-test", "--soak", "1ms", "--only", "rare-callback-lost-in-the-race", "--format", "json"];
    let output = poolproof(home().path(), &soak);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let (kill, summary) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((kill["kind"].as_str(), kill["difficulty"].as_str()), (Some("kill"), Some("R")));
    assert_eq!((summary["kind"].as_str(), lines.len()), (Some("summary"), 2));
    let figure = |key: &str| kill["soak"][key].as_f64().expect("a figure");
    let (runs, catches, rate) = (figure("runs"), figure("catches"), figure("rate"));
    assert!(runs >= 1.0 && (rate - catches / runs).abs() < 1e-9, "{kill}");
    // A few runs say little, whichever way they went.
    assert!(figure("low") <= rate && rate <= figure("high") && figure("low") < figure("high"), "{kill}");
    assert_eq!(kill["caught"], catches > 0.0);
}

#[test]
fn every_format_of_a_check_goes_to_standard_output() {
    let home = home();
    for (format, word) in [("markdown", "# Poolproof report"), ("csv", "subject,requirement"), ("junit", "<testsuites")]
    {
        let output = poolproof(home.path(), &["check", "serial", "--only", "RES-002", "--format", format]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(word), "{}", text(&output.stdout));
    }
}

#[test]
fn what_does_not_apply_is_nothing_that_ran() {
    let output = poolproof(home().path(), &["check", "serial", "--only", "PROC"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
}

#[test]
fn a_subject_that_cannot_be_set_up_costs_only_itself() {
    let home = home();
    let driver = "driver:/nonexistent/driver";
    let output = poolproof(home.path(), &["check", driver, "serial", "--only", "RES-002"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("serial") && out.contains("1/1") && out.contains("/nonexistent/driver"), "{out}");
}

#[test]
fn a_file_is_no_directory_for_a_run() {
    let home = home();
    fs::write(home.path().join("taken"), "x").expect("a file");
    let output = poolproof(home.path(), &["check", "serial", "--only", "RES-002", "--out", "taken"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("taken: is not a directory"), "{}", text(&output.stderr));
}

#[test]
fn damaged_records_are_named_and_the_rest_is_rendered() {
    let home = home();
    poolproof(home.path(), &["check", "serial", "--only", "SUB", "--out", "run"]);
    let path = home.path().join("run/verdicts.jsonl");
    let records = fs::read_to_string(&path).expect("records");
    fs::write(&path, records.replacen("{\"kind\":\"verdict\"", "{\"kind\":\"verd", 1)).expect("it can be written");
    let line = 1 + records.lines().position(|line| line.contains("\"verdict\"")).expect("there is a verdict");
    let output = poolproof(home.path(), &["report", "run"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains(&format!("verdicts.jsonl:{line}: ")), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Conformance") && text(&output.stdout).contains("Damaged records"));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let home = home();
    let mut child = command(home.path(), &["requirements"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn a_full_disk_behind_standard_output_is_said() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = command(home().path(), &["requirements"]).stdout(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("standard output cannot be written"), "{}", text(&output.stderr));
}
