//! Decides PROG: whole programs of calls.
//!
//! proptest generates short scripts of calls; [`run`] plays one on a fresh executor and compares
//! what is observed with a model of the contract while it goes; a failing script is shrunk to the
//! shortest one that still fails.
//!
//! Scripts never block on a closed gate: in the middle of a script only calls with a limit of zero
//! are made, and the finale opens every gate before it collects every result.

mod judge;
mod run;
mod script;

use crate::trial::{CheckResult, Stop, Trial};
use poolproof_harness::{Capability, Kind, QueuePolicy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use script::{Mix, Script};
use std::cell::RefCell;

pub(crate) fn prog_001(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| Mix { cancel: false, ..mix })
}

pub(crate) fn prog_002(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| mix)
}

pub(crate) fn prog_003(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| Mix { map: true, ..mix })
}

pub(crate) fn prog_004(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| Mix { shutdown: true, ..mix })
}

/// What the subject can be asked to do in a script.
fn possible(trial: &Trial<'_>) -> Mix {
    let profile = trial.profile();
    let unbounded = profile.queue == QueuePolicy::Unbounded;
    Mix {
        gates: profile.has(Capability::Concurrency) && unbounded,
        cancel: profile.has(Capability::Cancel),
        callbacks: profile.has(Capability::Callback),
        wait: profile.has(Capability::Wait),
        completed: profile.has(Capability::AsCompleted),
        panics: profile.has(Capability::Panic),
        map: false,
        shutdown: false,
        chunks: profile.has(Capability::Map),
    }
}

fn programs(trial: &mut Trial<'_>, choose: impl FnOnce(Mix) -> Mix) -> CheckResult {
    let mix = choose(possible(trial));
    let mut seed = [0; 32];
    seed.iter_mut().for_each(|byte| *byte = trial.rng().u8(..));
    let config =
        Config { cases: cases(trial), failure_persistence: None, max_shrink_iters: MOST_SHRINKS, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    // proptest calls the test through a shared reference, one call at a time.
    let shared = RefCell::new(trial);
    let stopped = RefCell::new(None);
    let result = runner.run(&script::scripts(mix), |script: Script| {
        run::run(&mut shared.borrow_mut(), &script).map_err(|stop| {
            let reason = format!("{stop:?}");
            *stopped.borrow_mut() = Some(stop);
            TestCaseError::fail(reason)
        })
    });
    match (result, stopped.into_inner()) {
        (Ok(()), _) => Ok(()),
        (Err(TestError::Fail(_, shortest)), Some(stop)) => Err(explained(stop, &shortest)),
        (Err(error), _) => Err(Stop::Inconclusive(format!("the scripts could not be generated: {error}"))),
    }
}

/// A process costs a thousand times what a thread costs.
fn cases(trial: &Trial<'_>) -> u32 {
    match trial.profile().kind {
        Kind::Inline | Kind::Thread => 48,
        Kind::Process | Kind::Cluster => 12,
    }
}

/// Shrinking a script that hangs costs the full patience each time.
const MOST_SHRINKS: u32 = 60;

/// The same stop, with the shortest script that leads to it. (The reason kept is that of the last
/// failing run, which is the run of the shortest script.)
fn explained(stop: Stop, shortest: &Script) -> Stop {
    let with = |message: String| format!("{message}; shortest script: {shortest}");
    match stop {
        Stop::Violates(message) => Stop::Violates(with(message)),
        Stop::Hangs(message) => Stop::Hangs(with(message)),
        Stop::Crashes(message) => Stop::Crashes(with(message)),
        Stop::Unsupported(message) => Stop::Unsupported(with(message)),
        Stop::Overclaims(message) => Stop::Overclaims(with(message)),
        Stop::Inconclusive(message) => Stop::Inconclusive(with(message)),
    }
}
