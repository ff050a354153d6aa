//! How many tasks run at once: never more than workers, and as many as workers.

use super::is_task;
use crate::trial::{Census, CheckResult, Trial, expect};
use poolproof_harness::{Config, Kind, Moment, Patience, Shutdown};

/// Long enough to give a wrong executor the chance to show.
const A_WHILE: Patience = Patience::ticks(5);

/// The most bodies of tasks that were between start and end at the same time.
fn high_water(trial: &Trial<'_>) -> usize {
    let (mut running, mut most) = (0_usize, 0);
    for event in trial.history().events().iter().filter(|event| is_task(event)) {
        match event.moment {
            Moment::Started => running += 1,
            Moment::Finished => running = running.saturating_sub(1),
            _ => {}
        }
        most = most.max(running);
    }
    most
}

pub(crate) fn work_001(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_queue()?;
    let executor = trial.executor()?;
    let workers = executor.workers();
    trial.needs_room(workers)?;
    for _ in 0..3 {
        let gate = trial.gate();
        let probes: Vec<_> = trial.probes(2 * workers).into_iter().map(|probe| probe.pass(&gate)).collect();
        let futures = executor.submit_all(probes)?;
        trial.await_arrivals(&gate, workers)?;
        let _ = gate.await_arrivals(workers + 1, A_WHILE);
        gate.open();
        futures.iter().try_for_each(|future| future.returns_own_label())?;
    }
    let most = high_water(trial);
    expect(most <= workers, &format!("{workers} workers must run at most {workers} tasks at once, but {most} ran"))
}

pub(crate) fn work_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    for _ in 0..2 {
        let gate = trial.meeting(executor.workers());
        let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&gate)).collect();
        let futures = executor.submit_all(probes)?;
        trial.await_arrivals(&gate, executor.workers())?;
        for future in futures {
            future.returns_own_label()?;
        }
    }
    Ok(())
}

pub(crate) fn work_007(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let backlog = 20 * executor.workers();
    let parked = trial.park(&executor, backlog)?;
    let before = Census::whole().threads;
    let probes = trial.probes(backlog);
    let futures = executor.submit_all(probes)?;
    let after = Census::whole().threads;
    parked.open();
    futures.iter().try_for_each(|future| future.returns_own_label())?;
    let message = format!(
        "{backlog} tasks behind {} busy workers must not start anything, but {} threads more were there",
        executor.workers(),
        after.saturating_sub(before)
    );
    expect(after <= before, &message)
}

pub(crate) fn work_033(trial: &mut Trial<'_>) -> CheckResult {
    // A count that is one too high shows when a worker is still to be started: on a fresh executor,
    // and only from three workers on.
    let workers = trial.workers().max(4);
    let rounds = match trial.profile().kind {
        Kind::Inline | Kind::Thread => 100,
        Kind::Process | Kind::Cluster => 10,
    };
    for _ in 0..trial.times(rounds) {
        let executor = trial.executor_with(Config::workers(workers))?;
        let _ = executor.submit(trial.probe())?.outcome()?;
        let gate = trial.meeting(workers);
        let probes: Vec<_> = trial.probes(workers).into_iter().map(|probe| probe.pass(&gate)).collect();
        let futures = executor.submit_all(probes)?;
        trial.await_arrivals(&gate, workers)?;
        futures.iter().try_for_each(|future| future.returns_own_label())?;
        executor.shutdown(Shutdown::WAIT)?;
    }
    Ok(())
}
