//! Decides PROG: whole programs of calls.
//!
//! proptest generates short scripts of calls; [`run`] plays one on a fresh executor and compares
//! what is observed with a model of the contract while it goes; a failing script is shrunk to the
//! shortest one that still fails.
//!
//! Scripts never block on a closed gate: before a call without a limit every gate is opened, and the
//! finale opens them all before it collects every result. Only what the profile offers is called.

mod calls;
mod judge;
mod run;
mod script;

use crate::trial::{CheckResult, Stop, Trial};
use poolproof_harness::{Capability, Kind, QueuePolicy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use script::{Mix, Script};
use std::cell::RefCell;
use std::time::Instant;

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

pub(crate) fn prog_005(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| Mix { deaths: true, shutdown: true, ..mix })
}

pub(crate) fn prog_006(trial: &mut Trial<'_>) -> CheckResult {
    programs(trial, |mix| Mix { drops: true, ..mix })
}

/// What the subject can be asked to do in a script.
fn possible(trial: &Trial<'_>) -> Mix {
    let profile = trial.profile();
    let unbounded = matches!(profile.queue, QueuePolicy::Unbounded | QueuePolicy::Undeclared);
    Mix {
        gates: profile.has(Capability::Concurrency) && unbounded,
        cancel: profile.has(Capability::Cancel),
        callbacks: profile.has(Capability::Callback),
        wait: profile.has(Capability::Wait),
        completed: profile.has(Capability::AsCompleted),
        panics: profile.has(Capability::Panic),
        map: false,
        shutdown: false,
        // A task that submits to a queue without room would wait for itself.
        nested: profile.has(Capability::Nested) && profile.kind != Kind::Inline && unbounded,
        buffers: profile.has(Capability::Buffersize),
        threads: profile.has(Capability::Concurrency) && unbounded,
        deaths: false,
        drops: false,
        chunks: profile.has(Capability::Map),
    }
}

fn programs(trial: &mut Trial<'_>, choose: impl FnOnce(Mix) -> Mix) -> CheckResult {
    let mix = choose(possible(trial));
    let mut seed = [0; 32];
    seed.iter_mut().for_each(|byte| *byte = trial.rng().u8(..));
    // Looking for a shorter script changes no verdict; where each executor takes its time it must not take minutes.
    let shrinking = (!trial.is_native()).then(|| trial.patience().nominal());
    let config = Config {
        cases: cases(trial, mix.deaths),
        failure_persistence: None,
        max_shrink_iters: MOST_SHRINKS,
        // Zero is no limit.
        max_shrink_time: shrinking.map_or(0, |longest| u32::try_from(longest.as_millis()).unwrap_or(u32::MAX)),
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    // proptest calls the test through a shared reference, one call at a time.
    let shared = RefCell::new(trial);
    let patience = shared.borrow().patience();
    let first = RefCell::new(None);
    let result = runner.run(&script::scripts(mix), |script: Script| {
        let played = run::run(&mut shared.borrow_mut(), &script);
        played.map_err(|stop| {
            let reason = format!("{stop:?}");
            if first.borrow().is_none() {
                *first.borrow_mut() = Some((stop, script, Instant::now()));
                // Shrinking a script that hangs costs the patience each time. What it finds is
                // played again with all of it.
                shared.borrow_mut().wait_for(patience.shortened(HASTE));
            }
            TestCaseError::fail(reason)
        })
    });
    match (result, first.into_inner()) {
        (Ok(()), _) => Ok(()),
        (Err(TestError::Fail(_, shrunk)), Some((first, script, failed))) => {
            let trial = &mut shared.borrow_mut();
            let shortest = pruned(trial, shrunk, || shrinking.is_some_and(|longest| failed.elapsed() > longest));
            // Once more with all the patience, so that the history ends with the timeline of this script.
            // What depends on the schedule may not show again: then what was seen first is kept.
            trial.wait_for(patience);
            match run::run(trial, &shortest) {
                Err(again) => Err(explained(again, &shortest)),
                Ok(()) => Err(explained(first, &script)),
            }
        }
        (Err(error), _) => Err(Stop::Inconclusive(format!("the scripts could not be generated: {error}"))),
    }
}

/// The script without the calls that it fails without, as far as there is time. (proptest gives up where leaving one
/// call out makes the numbers in another one mean another task.)
fn pruned(trial: &mut Trial<'_>, mut script: Script, is_enough: impl Fn() -> bool) -> Script {
    let mut position = script.ops.len();
    while position > 0 && !is_enough() {
        position -= 1;
        let mut without = script.clone();
        without.ops.remove(position);
        if run::run(trial, &without).is_err() {
            script = without;
        }
    }
    script
}

/// A process costs a thousand times what a thread costs.
fn cases(trial: &Trial<'_>, deaths: bool) -> u32 {
    match trial.profile().kind {
        // Each call of an executor in another language is a round trip to its driver.
        Kind::Inline | Kind::Thread => {
            if trial.is_native() {
                160
            } else {
                24
            }
        }
        // Where workers may die, all depends on what is going on at that moment.
        Kind::Process | Kind::Cluster => {
            if deaths && trial.is_native() {
                48
            } else if trial.is_native() {
                12
            } else {
                u32::try_from(trial.times(12)).unwrap_or(12)
            }
        }
    }
}

/// A script of twenty calls is shrunk in about as many steps as this.
const MOST_SHRINKS: u32 = 300;
/// How much shorter the patience is while a script is shrunk.
const HASTE: u32 = 8;

/// The same stop, with the script that leads to it.
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
