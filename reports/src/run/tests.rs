//! A run written and read back, whole and damaged.

use super::{Recorder, Run, files};
use crate::samples::{records, verdict};
use poolproof_harness::Verdict;
use poolproof_harness::record::{Record, VerdictRecord};
use std::fs;
use std::path::Path;

fn written(directory: &Path) -> Run {
    let mut recorder = Recorder::open(Some(directory), 7).expect("the directory can be written");
    for record in records() {
        recorder.write(&record).expect("a record can be written");
    }
    recorder.close().expect("the run can be closed");
    Run::read(directory).expect("it can be read")
}

#[test]
fn what_is_written_is_read_back() {
    let home = tempfile::tempdir().expect("a directory");
    let run = written(&home.path().join("some/run"));
    let record = run.record.clone().expect("the invocation was written");
    assert_eq!((record.seed, record.elapsed_s.is_some()), (7, true));
    assert_eq!(record.subjects["sloppy"], "sloppy 1.2.3");
    let memory = Run::of(records());
    assert!(Run { directory: memory.directory.clone(), record: None, ..run } == memory, "something changed on the way");
}

#[test]
fn damaged_lines_are_named_and_all_others_used() {
    let home = tempfile::tempdir().expect("a directory");
    let whole = written(home.path());
    let path = home.path().join(files::VERDICTS);
    let text = fs::read_to_string(&path).expect("it is text");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(2, "{\"kind\":\"verdict\",\"subject\":7}");
    lines.insert(5, "\u{0}\u{1b}[2Jgarbage");
    let cut = &lines.pop().expect("there is a last line")[..20];
    fs::write(&path, format!("{}\n{cut}", lines.join("\n"))).expect("it can be written");
    fs::write(home.path().join(files::RUN), "{\n\"seed\": }").expect("it can be written");

    let run = Run::read(home.path()).expect("what is intact can be read");
    assert!(run.verdicts == whole.verdicts, "an intact line was not used");
    assert_eq!((run.cells.len(), run.summary, run.record), (whole.cells.len(), None, None));
    let places: Vec<_> = run
        .damage
        .iter()
        .map(|d| (d.file.file_name().expect("a file").to_string_lossy().into_owned(), d.line))
        .collect();
    let last = lines.len() + 1;
    assert_eq!(
        places,
        [
            ("run.json".into(), 2),
            ("verdicts.jsonl".into(), 3),
            ("verdicts.jsonl".into(), 6),
            ("verdicts.jsonl".into(), last)
        ]
    );
}

#[test]
fn what_is_no_run_is_said_in_one_sentence() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("file");
    fs::write(&file, "").expect("a file");
    for (path, word) in [
        (home.path().to_owned(), "holds no run"),
        (file.clone(), "is not a directory"),
        (home.path().join("absent"), "cannot be read"),
    ] {
        let error = Run::read(&path).expect_err("it is no run").to_string();
        assert!(error.starts_with(&path.display().to_string()) && error.contains(word), "{error}");
    }
    assert!(Recorder::open(Some(&file), 1).expect_err("a file is in the way").to_string().contains("--out"));
    assert!(Recorder::open(Some(&file.join("below")), 1).is_err());
}

#[test]
fn of_two_runs_of_a_check_the_worse_counts() {
    let kept = verdict("thread", "MAP-001", Verdict::Conforms);
    let broken = VerdictRecord { runs: 3, ..verdict("thread", "MAP-001", Verdict::Violates) };
    let run = Run::of([kept.clone(), broken, kept].map(Record::Verdict).to_vec());
    assert_eq!(run.verdicts.len(), 1);
    assert_eq!((run.verdicts[0].verdict, run.verdicts[0].runs), (Verdict::Violates, 5));
}
