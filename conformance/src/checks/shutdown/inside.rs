//! Shutdown by dropping, from inside, and in a race with submit.

use super::expect_closed;
use crate::trial::{CheckResult, Trial, expect, violated};
use poolproof_harness::{DropPolicy, Failure, Fault, Patience, Shutdown};

pub(crate) fn shut_009(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let behind = 3 + trial.claimed_ahead(executor.workers());
    let parked = trial.park(&executor, behind)?;
    let probes = trial.probes(behind);
    let queued = executor.submit_all(probes)?;
    let policy = trial.profile().drop_executor;
    let drop = trial.aside("dropping the executor", move || executor.release());
    match policy {
        DropPolicy::Waits => {
            drop.stays("dropping must wait for the accepted tasks, as declared", Patience::ticks(5))?;
            parked.open();
            drop.returns()??;
            for future in queued.iter().chain(parked.futures()) {
                expect(future.state()?.done, &format!("task {} must be done when drop returned", future.label()))?;
            }
        }
        DropPolicy::Detaches => {
            drop.returns()??;
            parked.open();
        }
        // Whether it waits for what runs is not part of the policy.
        DropPolicy::Cancels | DropPolicy::Undeclared => {
            parked.open();
            drop.returns()??;
        }
    }
    let cancels = matches!(policy, DropPolicy::Cancels | DropPolicy::Undeclared);
    for (futures, may_be_lost) in [(&queued[..], cancels), (parked.futures(), trial.profile().may_end_tasks_on_drop())]
    {
        for (future, outcome) in futures.iter().zip(trial.all_resolve(futures)?) {
            match outcome {
                Err(Failure::Cancelled | Failure::Broken(_)) if may_be_lost => {}
                _ => future.returns_own_label()?,
            }
        }
    }
    Ok(())
}

pub(crate) fn shut_010(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let future = executor.submit(trial.probe().shutdown(Shutdown::WAIT))?;
    trial.all_resolve(&[future])?;
    executor.shutdown(Shutdown::WAIT)?;
    expect_closed(trial, &executor)
}

pub(crate) fn shut_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    let callback = trial.probe().shutdown(Shutdown::WAIT);
    let label = callback.label();
    future.on_done(&executor, callback)?;
    gate.open();
    trial.await_callback(label, 1)?;
    executor.shutdown(Shutdown::WAIT)?;
    future.returns_own_label()?;
    expect_closed(trial, &executor)
}

pub(crate) fn shut_011(trial: &mut Trial<'_>) -> CheckResult {
    const ROUNDS: usize = 10;
    const SUBMITTERS: usize = 3;
    const EACH: usize = 25;
    trial.needs_room(SUBMITTERS * EACH)?;
    let each = trial.times(EACH);
    for _ in 0..trial.times(ROUNDS) {
        let executor = trial.executor()?;
        let submitters: Vec<_> = (0..SUBMITTERS)
            .map(|_| {
                let (executor, probes) = (executor.clone(), trial.probes(each));
                trial.aside("a thread that submits while another one shuts down", move || {
                    let mut accepted = Vec::new();
                    for probe in probes {
                        match executor.try_submit(probe) {
                            Ok(future) => accepted.push(future),
                            Err(fault) => return (accepted, Some(fault)),
                        }
                    }
                    (accepted, None)
                })
            })
            .collect();
        executor.submit(trial.probe())?.returns_own_label()?;
        executor.shutdown(Shutdown::WAIT)?;
        for submitter in submitters {
            let (accepted, refused) = submitter.returns()?;
            for future in accepted {
                future.returns_own_label()?;
            }
            match refused {
                None | Some(Fault::Refused(_)) => {}
                Some(fault) => return violated(format!("submit must accept or refuse, but: {fault}")),
            }
        }
        expect_closed(trial, &executor)?;
    }
    Ok(())
}
