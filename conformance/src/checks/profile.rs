//! Decides PROF: what the profile declares.

use crate::observe::{Policy, find_policy};
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect};
use poolproof_harness::{Capability, Fault, MapOptions, Patience, ReturnWhen, Shutdown};
use std::time::Duration;

/// The plainest call of a capability; `None` for what is no call of its own.
fn call(
    trial: &mut Trial<'_>,
    executor: &ExecutorUnderTest,
    future: &FutureUnderTest,
    capability: Capability,
) -> Option<Result<(), Fault>> {
    let futures = std::slice::from_ref(future);
    // The trial's own calls take a refusal for a broken promise, and say so. A driver need not know the
    // calls that it does not declare, and says that.
    let offered = |result: Result<(), Stop>| match result {
        Err(Stop::Overclaims(_)) => Err(Fault::Unsupported),
        Err(Stop::Crashes(reason)) => Err(Fault::Driver(reason)),
        _ => Ok(()),
    };
    Some(match capability {
        Capability::Cancel => future.try_cancel().map(drop),
        Capability::Callback => future.try_on_done(executor, trial.probe()),
        Capability::Wait => offered(executor.wait(futures, ReturnWhen::AllCompleted, Some(Duration::ZERO)).map(drop)),
        Capability::AsCompleted => offered(executor.as_completed(futures, Some(Duration::ZERO)).map(drop)),
        Capability::Map => executor.try_map(vec![trial.probe()], MapOptions::default(), None).map(drop),
        Capability::Buffersize => {
            let options = MapOptions { buffersize: Some(1), ..MapOptions::default() };
            executor.try_map(vec![trial.probe()], options, None).map(drop)
        }
        Capability::Async => offered(future.awaited().map(drop)),
        // Last: afterwards nothing more is accepted.
        Capability::CancelFutures => executor.try_shutdown(Shutdown::CANCEL),
        _ => return None,
    })
}

/// Every call that is made, in an order in which none spoils a later one.
const CALLS: [Capability; 8] = [
    Capability::Cancel,
    Capability::Callback,
    Capability::Wait,
    Capability::AsCompleted,
    Capability::Async,
    Capability::Map,
    Capability::Buffersize,
    Capability::CancelFutures,
];

/// Calls everything that is declared, or everything that is not, and names what answers otherwise.
fn calls(trial: &mut Trial<'_>, declared: bool) -> Result<Vec<Capability>, Stop> {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe())?;
    future.returns_own_label()?;
    let mut otherwise = Vec::new();
    let profile = trial.profile().clone();
    for capability in CALLS.into_iter().filter(|&capability| profile.has(capability) == declared) {
        let Some(answer) = call(trial, &executor, &future, capability) else { continue };
        let offered = if declared { answer != Err(Fault::Unsupported) } else { answer.is_ok() };
        if offered != declared {
            otherwise.push(capability);
        }
    }
    Ok(otherwise)
}

fn overclaims(otherwise: &[Capability], how: &str) -> CheckResult {
    let names: Vec<_> = otherwise.iter().map(ToString::to_string).collect();
    expect(otherwise.is_empty(), "").map_err(|_| Stop::Overclaims(format!("{} {how}", names.join(", "))))
}

pub(crate) fn prof_001(trial: &mut Trial<'_>) -> CheckResult {
    overclaims(&calls(trial, false)?, "is offered, which the profile does not declare")
}

pub(crate) fn prof_002(trial: &mut Trial<'_>) -> CheckResult {
    overclaims(&calls(trial, true)?, "is declared, and the call answers that it is not offered")
}

/// Enough for the experiment to agree with the profile where the machine is quick; a contradiction
/// gets all the patience there is.
const QUICK: Patience = Patience::ticks(30);

/// Checks that an experiment sees what the profile declares; with a short look ahead of the long one, if `hasty`.
fn agrees(trial: &mut Trial<'_>, policy: &Policy, hasty: bool) -> CheckResult {
    if let Some(missing) = policy.needs.iter().find(|&&needed| !trial.profile().has(needed)) {
        return Err(Stop::Unsupported(format!("needs {missing}, which the profile does not declare")));
    }
    let Some(declared) = (policy.declared)(trial.profile()) else {
        return Err(Stop::Unsupported("nobody has declared anything about it".to_owned()));
    };
    if hasty {
        let patience = trial.patience();
        trial.wait_for(QUICK);
        let quick = (policy.observe)(trial);
        trial.wait_for(patience);
        trial.open_all_gates();
        if quick.is_ok_and(|seen| (policy.agrees)(&declared, &seen)) {
            return Ok(());
        }
    }
    let seen = (policy.observe)(trial)?;
    expect((policy.agrees)(&declared, &seen), "").map_err(|_| {
        Stop::Overclaims(format!("{} The profile declares `{declared}`, and `{seen}` was seen", policy.question))
    })
}

fn decide(trial: &mut Trial<'_>, policy: &str) -> CheckResult {
    agrees(trial, named(policy)?, true)
}

fn named(policy: &str) -> Result<&'static Policy, Stop> {
    find_policy(policy).ok_or_else(|| Stop::Inconclusive(format!("there is no policy {policy}")))
}

pub(crate) fn prof_003(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "worker-limit")
}

pub(crate) fn prof_004(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "start-order")
}

pub(crate) fn prof_005(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "queue")
}

pub(crate) fn prof_006(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "cancel")
}

pub(crate) fn prof_007(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "drop-future")
}

pub(crate) fn prof_008(trial: &mut Trial<'_>) -> CheckResult {
    decide(trial, "drop-executor")
}

pub(crate) fn prof_009(trial: &mut Trial<'_>) -> CheckResult {
    // A worker that dies in a look that was too short is missing in the next one where executors share their workers.
    agrees(trial, named("worker-loss")?, false)
}
