//! A machine that became too slow to tell gives *inconclusive*, and accuses nobody.

use super::check::Runner;
use super::lane::Reentry;
use super::options::Options;
use crate::{Ledger, Verdict, broken, find, serve_if_child};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A subject that hangs, and the requirement with which it does.
const HANGING: (&str, &str) = ("result-wakes-one-waiter", "RES-001");

/// This program becomes the child of a check by running this test alone.
#[test]
fn what_is_late_on_a_machine_that_became_too_slow_is_inconclusive() {
    serve_if_child(|name| broken::subject(name).ok_or_else(|| format!("{name} does not exist")));
    let this = "runner::late::what_is_late_on_a_machine_that_became_too_slow_is_inconclusive";
    static CALIBRATED: AtomicBool = AtomicBool::new(false);
    let verdict = |slow: bool| {
        let (name, id) = HANGING;
        let mut runner =
            Runner::reentering(Options { jobs: 1, ledger: Ledger::none(), ..Options::default() }, Reentry::test(this));
        CALIBRATED.store(false, Ordering::Relaxed);
        runner.handover = || Duration::from_micros(20);
        if slow {
            // Fast when the run begins; a thousand times slower than anybody can wait for afterwards.
            runner.handover = || match CALIBRATED.swap(true, Ordering::Relaxed) {
                false => Duration::from_micros(20),
                true => Duration::from_millis(50),
            };
        }
        let description = broken::subject(name).expect("it exists").describe().expect("it describes itself");
        let mut records = Vec::new();
        let done = runner.check(&description, &[find(id).expect("it exists")], &mut |record| records.push(record));
        done.expect("it can be checked");
        records.into_iter().find(|record| record.requirement == id).expect("it is decided")
    };
    // This machine may be too busy indeed: then the warden says so, and nothing else is to be seen.
    let busy = |said: &str| said.contains("too busy to judge");
    let fast = verdict(false);
    let said = fast.message.unwrap_or_default();
    assert!(fast.verdict == Verdict::Hangs || busy(&said), "{}: {said}", fast.verdict);
    let slow = verdict(true);
    let said = slow.message.unwrap_or_default();
    assert_eq!(slow.verdict, Verdict::Inconclusive, "{said}");
    assert!(said.contains("too slow to judge") && said.contains("measured again") || busy(&said), "{said}");
}
