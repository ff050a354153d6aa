//! Who has not said what the death of a worker does, and of whom no experiment has found it out, may break.

use super::check::Runner;
use super::lane::Reentry;
use super::machine::Calibration;
use super::options::Options;
use super::turns::Turns;
use crate::{Ledger, Verdict, broken, find, serve_if_child};
use poolproof_harness::WorkerLossPolicy;

/// Pools that break when a worker dies, the second of which has no place for a task that no worker is free for.
const BREAKING: [&str; 2] = ["sound/processes-break", "sound/processes-without-a-queue"];

/// This program becomes the child of a check by running this test alone.
#[test]
fn programs_accuse_nobody_of_breaking_who_has_not_said_what_a_death_does() {
    serve_if_child(|name| broken::subject(name).ok_or_else(|| format!("{name} does not exist")));
    let this = "runner::unsaid::programs_accuse_nobody_of_breaking_who_has_not_said_what_a_death_does";
    let options = Options { jobs: 1, ledger: Ledger::none(), ..Options::default() };
    let runner = Runner::reentering(options, Reentry::test(this));
    let calibration = Calibration { ticks: 300, opening: 300, because: String::new(), well: false, declared: None };
    let programs = find("PROG-005").expect("it exists");
    let verdict = |name: &str, policy| {
        let mut subject = broken::subject(name).expect("it exists").describe().expect("it describes itself");
        subject.profile.worker_loss = policy;
        // Without the experiments that come before checks.
        let turns = Turns::new(1);
        let conclusion = runner.conclude(&subject, programs, &calibration, &mut turns.take());
        let conclusion = conclusion.expect("it can be checked");
        (conclusion.verdict, conclusion.message)
    };
    for name in BREAKING {
        assert_eq!(verdict(name, WorkerLossPolicy::Undeclared), (Verdict::Conforms, None), "{name}");
        let (accused, why) = verdict(name, WorkerLossPolicy::Replaced);
        assert_eq!(accused, Verdict::Violates, "{name} said something else, and {why:?}");
    }
}
