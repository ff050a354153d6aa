//! What is not decided when the time for a subject is used up is *inconclusive*, and accuses nobody.

use super::check::{Held, Runner};
use super::machine::Calibration;
use super::options::Options;
use crate::{Ledger, Verdict, broken, find, serve_if_child, set_worker_arguments};
use poolproof_harness::record::VerdictRecord;
use std::time::Duration;

/// A subject that hangs, and the requirement with which it does.
const HANGING: (&str, &str) = ("result-wakes-one-waiter", "RES-001");

/// This program becomes the child of a check by running this test alone.
#[test]
fn what_is_not_decided_in_time_is_inconclusive() {
    serve_if_child(|name| broken::subject(name).ok_or_else(|| format!("{name} does not exist")));
    let this = "runner::within::what_is_not_decided_in_time_is_inconclusive";
    set_worker_arguments(["--exact", this, "--nocapture"]);
    let (name, id) = HANGING;
    let subject = broken::subject(name).expect("it exists").describe().expect("it describes itself");
    // Without an end from outside it would be called hanging, after at least three seconds.
    let calibration = Calibration { ticks: 300, opening: 300, because: String::new(), well: false, declared: None };
    let checked = |within: Duration, runs: u32| -> VerdictRecord {
        let options = Options { within: Some(within), runs, jobs: 1, ledger: Ledger::none(), ..Options::default() };
        let mut records = Vec::new();
        let selection = [find(id).expect("it exists")];
        let timed = Runner::new(options).timed();
        let done = timed
            .check_calibrated(&calibration, &subject, &selection, Held::default(), &mut |record| records.push(record));
        done.expect("it can be checked");
        records.into_iter().find(|record| record.requirement == id).expect("something is said of it")
    };
    let never_begun = checked(Duration::ZERO, 1);
    assert_eq!((never_begun.verdict, never_begun.runs), (Verdict::Inconclusive, 0));
    // On a machine that takes half a second to get there it is not begun, either.
    let cut = checked(Duration::from_millis(500), 1_000);
    assert_eq!((cut.verdict, cut.runs.min(1)), (Verdict::Inconclusive, cut.runs), "{:?}", cut.message);
    for record in [never_begun, cut] {
        let said = record.message.unwrap_or_default();
        assert!(said.contains("used up") && said.contains("--within"), "{said}");
    }
}
