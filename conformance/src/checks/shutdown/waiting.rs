//! Shutdown with and without waiting.

use super::expect_closed;
use crate::checks::busy::room;
use crate::trial::{Census, CheckResult, FutureUnderTest, Trial, expect};
use poolproof_harness::{Capability, Patience, Shutdown};

/// Long enough to give a wrong executor the chance to show.
const A_WHILE: Patience = Patience::ticks(5);

/// The ways to call shutdown that this subject offers.
fn ways(trial: &Trial<'_>) -> Vec<Shutdown> {
    let mut ways = vec![Shutdown::NO_WAIT, Shutdown::WAIT];
    if trial.profile().has(Capability::CancelFutures) {
        ways.push(Shutdown::CANCEL);
        ways.push(Shutdown { wait: false, cancel_futures: true });
    }
    ways
}

pub(crate) fn shut_001(trial: &mut Trial<'_>) -> CheckResult {
    let unused = trial.executor()?;
    unused.shutdown(Shutdown::WAIT)?;
    unused.shutdown(Shutdown::WAIT)?;
    let mut used = Vec::new();
    for first in ways(trial) {
        let executor = trial.executor()?;
        executor.submit(trial.probe())?.returns_own_label()?;
        used.push((executor, first));
    }
    // Meanwhile their workers become idle.
    if trial.profile().has(Capability::Concurrency) {
        two_wait(trial)?;
    }
    for (executor, first) in used {
        executor.shutdown(first)?;
        let calls: Vec<_> = ways(trial)
            .into_iter()
            .map(|how| {
                let executor = executor.clone();
                trial.aside("one of several calls of shutdown", move || executor.shutdown(how))
            })
            .collect();
        for call in calls {
            call.returns()??;
        }
        executor.shutdown(Shutdown::WAIT)?;
        expect_closed(trial, &executor)?;
    }
    Ok(())
}

/// Two threads that wait for the same end must both be released.
fn two_wait(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let executor = executor.clone();
            trial.aside("one of two waiting calls of shutdown", move || executor.shutdown(Shutdown::WAIT))
        })
        .collect();
    for call in &calls {
        call.stays("a waiting shutdown must not return while a task stands at a gate", A_WHILE)?;
    }
    gate.open();
    for call in calls {
        call.returns()??;
    }
    future.returns_own_label()
}

pub(crate) fn shut_002(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_room(1)?;
    // A short queue holds fewer; where it is full, submit would wait for the gate.
    let beside_the_last = 3.min(room(trial) - 1);
    let executor = trial.single()?;
    let gate = trial.gate();
    let parked = trial.probe().pass(&gate);
    let parked = executor.submit(parked)?;
    trial.await_arrivals(&gate, 1)?;
    let last = trial.gate();
    let mut queued = trial.probes(beside_the_last);
    queued.push(trial.probe().pass(&last));
    let mut futures = executor.submit_all(queued)?;
    futures.insert(0, parked);
    let shutdown = {
        let executor = executor.clone();
        trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT))
    };
    // It also gives the shutdown time to begin: one that forgets what is queued must find something there.
    shutdown.stays("a waiting shutdown must not return while a task runs and others wait", A_WHILE)?;
    gate.open();
    trial.await_arrivals(&last, 1)?;
    shutdown.stays("a waiting shutdown must not return while the last task runs", A_WHILE)?;
    last.open();
    shutdown.returns()??;
    for future in &futures {
        expect(future.state()?.done, &format!("task {} must be done when shutdown returned", future.label()))?;
        future.returns_own_label()?;
    }
    Ok(())
}

pub(crate) fn shut_003(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_room(3)?;
    let executor = trial.single()?;
    let gate = trial.gate();
    let mut futures = vec![executor.submit(trial.probe().pass(&gate))?];
    trial.await_arrivals(&gate, 1)?;
    let queued = trial.probes(3);
    futures.extend(executor.submit_all(queued)?);
    let shutdown = {
        let executor = executor.clone();
        trial.aside("shutdown(wait=False)", move || executor.shutdown(Shutdown::NO_WAIT))
    };
    shutdown.returns()??;
    expect_closed(trial, &executor)?;
    gate.open();
    trial.all_resolve(&futures)?;
    futures.iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn shut_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let future = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    executor.shutdown(Shutdown::NO_WAIT)?;
    let shutdown = {
        let executor = executor.clone();
        trial.aside("the second, waiting shutdown", move || executor.shutdown(Shutdown::WAIT))
    };
    shutdown.stays("a waiting shutdown must wait for a task at a gate although one came before it", A_WHILE)?;
    gate.open();
    shutdown.returns()??;
    expect(future.state()?.done, "the task must be done when the waiting shutdown returned")?;
    future.returns_own_label()
}

pub(crate) fn shut_015(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let many = 20 * executor.workers();
    trial.needs_room(many)?;
    let probes = trial.probes(many);
    let futures = executor.submit_all(probes)?;
    executor.shutdown(Shutdown::WAIT)?;
    all_are_done(&futures)?;
    if !trial.profile().has(Capability::Concurrency) || !trial.profile().is_limited() {
        return Ok(());
    }
    // Once more, with all of them still in the queue when shutdown is called.
    let executor = trial.executor()?;
    let parked = trial.park(&executor, many)?;
    let probes = trial.probes(many);
    let futures = executor.submit_all(probes)?;
    let shutdown = trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT));
    shutdown.stays("a waiting shutdown must not return while tasks are queued", Patience::ticks(1))?;
    parked.open();
    shutdown.returns()??;
    all_are_done(&futures)
}

fn all_are_done(futures: &[FutureUnderTest]) -> CheckResult {
    for future in futures {
        expect(future.state()?.done, &format!("task {} must be done when shutdown returned", future.label()))?;
        future.returns_own_label()?;
    }
    Ok(())
}

pub(crate) fn shut_016(trial: &mut Trial<'_>) -> CheckResult {
    // What the first life of an executor sets up for all later ones is not left behind by it.
    one_life(trial)?;
    let before = Census::below();
    for _ in 0..4 {
        one_life(trial)?;
    }
    Census::settles(trial.patience(), |now| {
        now.within(&before).map_err(|excess| format!("four executors that were shut down left behind {excess}"))
    })
}

fn one_life(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let probes = trial.probes(2 * executor.workers());
    for future in executor.submit_all(probes)? {
        future.returns_own_label()?;
    }
    executor.shutdown(Shutdown::WAIT)?;
    executor.release()
}
