//! Claims are concluded from cells, whatever they say.

use poolproof_benches::claims::{Claim, ClaimVerdict, judge};
use poolproof_harness::record::CellRecord;
use std::collections::BTreeMap;

fn cell(subject: &str, sweep: &str, workload: &str, metric: &str, axis: (&str, f64), value: f64) -> CellRecord {
    CellRecord {
        schema: 1,
        subject: subject.into(),
        sweep: sweep.into(),
        workload: workload.into(),
        axes: BTreeMap::from([(axis.0.to_owned(), axis.1)]),
        metric: metric.into(),
        unit: "x".into(),
        better: "higher".into(),
        value,
        low: value * 0.98,
        high: value * 1.02,
        confidence: 0.95,
        launches: 4,
        samples: 16,
        taint: None,
    }
}

fn speed_up(subject: &str, value: f64) -> CellRecord {
    cell(subject, "workers", "cpu-100us", "speed-up", ("workers", 2.0), value)
}

fn claim(cells: &[CellRecord], begins: &str) -> Claim {
    let found = judge(cells).into_iter().find(|claim| claim.text.starts_with(begins));
    found.unwrap_or_else(|| panic!("no claim begins with {begins}"))
}

#[test]
fn without_figures_nothing_is_claimed() {
    let claims = judge(&[]);
    assert_eq!(claims.len(), 8);
    assert!(claims.iter().all(|claim| claim.verdict == ClaimVerdict::NotMeasured), "{claims:#?}");
}

#[test]
fn the_lock_needs_both_halves() {
    let verdict = |cells: &[CellRecord]| claim(cells, "the GIL").verdict;
    let locked = [speed_up("gil", 0.99), speed_up("python:thread", 1.0)];
    assert_eq!(verdict(&locked), ClaimVerdict::Unclear, "no free threads to compare with");
    let busy = [&locked[..], &[speed_up("thread", 1.05)]].concat();
    assert_eq!(verdict(&busy), ClaimVerdict::Unclear, "a machine with one core shows no lock");
    let both = [&locked[..], &[speed_up("thread", 1.9)]].concat();
    assert_eq!(verdict(&both), ClaimVerdict::Holds);
    let free_threaded = [&both[..], &[speed_up("python@3.13t:thread", 1.8)]].concat();
    assert_eq!(verdict(&free_threaded), ClaimVerdict::DoesNotHold);
    let wide = CellRecord { low: 0.8, high: 1.4, ..speed_up("gil", 1.05) };
    assert_eq!(verdict(&[wide, speed_up("thread", 1.9)]), ClaimVerdict::Unclear);
}

#[test]
fn the_statement_holds_the_figures() {
    let statement = claim(&[speed_up("process", 1.9)], "processes").statement;
    assert_eq!(statement, "process: 2 workers 1.90 [1.86, 1.94] times one worker");
}

#[test]
fn blocking_is_judged_at_the_most_workers() {
    let at = |workload: &str, workers, value| cell("gil", "io-cpu", workload, "speed-up", ("workers", workers), value);
    let cells = [at("sleep-1000us", 2.0, 1.0), at("sleep-1000us", 4.0, 3.9), at("socket-1", 4.0, 3.5)];
    assert_eq!(claim(&cells, "blocking").verdict, ClaimVerdict::Holds);
    let with_files = [&cells[..], &[at("file-256KiB", 4.0, 0.9)]].concat();
    assert_eq!(claim(&with_files, "blocking").verdict, ClaimVerdict::DoesNotHold);
}

#[test]
fn chunksize_matters_where_it_should_and_only_there() {
    let at = |subject: &str, metric: &str, chunksize, value| {
        cell(subject, "chunksize", "cpu-10us", metric, ("chunksize", chunksize), value)
    };
    let swept = |subject, time, gain| {
        vec![
            at(subject, "time-per-item", 1.0, time),
            at(subject, "speed-up", 4.0, gain),
            at(subject, "speed-up", 64.0, gain),
        ]
    };
    let with = |process, thread| {
        claim(&[swept("process", 60_000.0, process), swept("thread", 5_000.0, thread)].concat(), "`chunksize`")
    };
    let found = with(10.0, 1.0);
    assert_eq!(found.verdict, ClaimVerdict::Holds, "{}", found.statement);
    assert!(found.statement.contains("chunksize 64 makes it 10.0 [9.80, 10.2] times as fast"), "{}", found.statement);
    assert_eq!(with(10.0, 1.8).verdict, ClaimVerdict::DoesNotHold, "it matters for threads, too");
    assert_eq!(with(1.0, 1.0).verdict, ClaimVerdict::DoesNotHold, "it does not matter for processes");
    assert_eq!(with(10.0, 1.1).verdict, ClaimVerdict::Unclear);
}

#[test]
fn one_run_out_of_order_refutes_a_promise() {
    let with = |in_order: f64, at_once: f64| {
        let of = |metric, value| cell("thread", "claims", "map", metric, ("scale", 0.01), value);
        let cells = [
            of("in-promised-order", in_order),
            of("returned-at-once", at_once),
            of("call", 20.0),
            of("over-ideal", 1.01),
        ];
        claim(&cells, "`map`").verdict
    };
    assert_eq!(with(1.0, 1.0), ClaimVerdict::Holds);
    assert_eq!(with(0.8, 1.0), ClaimVerdict::DoesNotHold);
    assert_eq!(with(1.0, 0.8), ClaimVerdict::DoesNotHold);
}
