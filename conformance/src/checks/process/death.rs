//! Workers that die.

use crate::runner::with_descendants;
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect, expect_eq, violated};
use poolproof_harness::{
    Capability, Config, Death, Failure, Fault, Kind, Outcome, PayloadBytes, Refused, Shutdown, Value, WorkerLossPolicy,
};
use std::thread::park_timeout;

/// What follows from the death of a worker, as declared.
fn policy(trial: &Trial<'_>) -> Result<WorkerLossPolicy, Stop> {
    match trial.profile().worker_loss {
        WorkerLossPolicy::Fatal => Err(Stop::Unsupported("workers share the process of the caller".into())),
        survivable => Ok(survivable),
    }
}

fn expect_lost(future: &FutureUnderTest, outcome: &Outcome<Value>) -> CheckResult {
    match outcome {
        Err(Failure::Broken(_)) => Ok(()),
        other => violated(format!("task {} must fail as lost, but its outcome is {other:?}", future.label())),
    }
}

/// What becomes of tasks that were not finished, and not on the worker that died. Where there may be more workers than
/// were asked for, one of them may have run a task before the death was noticed.
fn expect_others(
    trial: &Trial<'_>,
    policy: WorkerLossPolicy,
    future: &FutureUnderTest,
    outcome: &Outcome<Value>,
) -> CheckResult {
    let may_have_run = !trial.profile().is_limited() && outcome.is_ok();
    match policy {
        WorkerLossPolicy::PoolBroken | WorkerLossPolicy::Fatal if may_have_run => future.returns_own_label(),
        WorkerLossPolicy::PoolBroken | WorkerLossPolicy::Fatal => expect_lost(future, outcome),
        WorkerLossPolicy::Replaced => future.returns_own_label(),
        // Whoever has not said may fail them or run them, as long as they end.
        WorkerLossPolicy::Undeclared => match outcome {
            Ok(_) => future.returns_own_label(),
            Err(_) => expect_lost(future, outcome),
        },
    }
}

/// Afterwards a broken executor refuses every task, and shuts down; another one works as before.
fn afterwards(trial: &mut Trial<'_>, executor: &ExecutorUnderTest, policy: WorkerLossPolicy) -> CheckResult {
    if policy == WorkerLossPolicy::Replaced {
        let meeting = trial.meeting(executor.workers());
        let probes: Vec<_> = trial.probes(executor.workers()).into_iter().map(|probe| probe.pass(&meeting)).collect();
        let futures = executor.submit_all(probes)?;
        trial.await_arrivals(&meeting, executor.workers())?;
        return futures.iter().try_for_each(|future| future.returns_own_label());
    }
    executor.finish();
    if policy == WorkerLossPolicy::Undeclared {
        // Whoever has not said may go on or refuse, as he likes.
        return Ok(());
    }
    let mut deadline = trial.patience().start();
    loop {
        match executor.try_submit(trial.probe()) {
            Err(Fault::Refused(Refused::Broken(_))) => break,
            Err(fault) => return violated(format!("submit must say that the executor is broken, but: {fault}")),
            // The death has not been noticed yet; what was accepted must still be resolved.
            Ok(future) => drop(trial.all_resolve(std::slice::from_ref(&future))?),
        }
        match deadline.next_slice() {
            Some(slice) => park_timeout(slice),
            None => return violated("a worker died, and the executor goes on accepting tasks as if it had not"),
        }
    }
    if !trial.profile().has(Capability::Shutdown) {
        return Ok(());
    }
    let call = executor.clone();
    trial.aside("shutdown(wait=True) of a broken executor", move || call.shutdown(Shutdown::WAIT)).returns()?
}

pub(crate) fn proc_009(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_room(2)?;
    let policy = policy(trial)?;
    for how in [Death::Kill, Death::Exit(0), Death::Abort] {
        let workers = trial.workers().max(2);
        let executor = trial.executor_with(Config::workers(workers))?;
        let (others_gate, gate) = (trial.gate(), trial.gate());
        let mut others = Vec::new();
        for _ in 1..workers {
            others.push(executor.submit(trial.probe().pass(&others_gate))?);
        }
        let victim = executor.submit(trial.probe().pass(&gate).die(how))?;
        trial.await_arrivals(&others_gate, workers - 1)?;
        trial.await_arrivals(&gate, 1)?;
        let probes = trial.probes(2);
        others.extend(executor.submit_all(probes)?);
        gate.open();
        let outcome = trial.all_resolve(std::slice::from_ref(&victim))?;
        expect_lost(&victim, &outcome[0])?;
        if policy == WorkerLossPolicy::Replaced {
            others_gate.open();
        }
        for (future, outcome) in others.iter().zip(trial.all_resolve(&others)?) {
            expect_others(trial, policy, future, &outcome)?;
        }
        afterwards(trial, &executor, policy)?;
        if trial.profile().has(Capability::Shutdown) {
            executor.try_shutdown(Shutdown::WAIT).map_err(|fault| Stop::Violates(format!("shutdown: {fault}")))?;
        }
    }
    Ok(())
}

pub(crate) fn proc_010(trial: &mut Trial<'_>) -> CheckResult {
    let policy = policy(trial)?;
    if trial.profile().kind != Kind::Process {
        return Err(Stop::Unsupported("needs workers that are processes of this machine".into()));
    }
    let executor = trial.executor()?;
    let value = executor.submit(trial.probe().carry(Value::WhoAmI))?.value()?;
    let Value::Identity { pid, .. } = value else {
        return violated(format!("a task that asks who it is must learn it, but got {value:?}"));
    };
    kill(pid)?;
    afterwards(trial, &executor, policy)
}

/// Kills a worker process, which must be one of ours.
fn kill(pid: u32) -> CheckResult {
    if pid == std::process::id() || !with_descendants(std::process::id()).contains(&pid) {
        return Err(Stop::Inconclusive(format!("worker process {pid} is not below this one, and is left alone")));
    }
    let pid = i32::try_from(pid).map_err(|_| Stop::Inconclusive(format!("{pid} is not the number of a process")))?;
    // SAFETY: sends a signal to a descendant of this process; nothing of this process is touched.
    #[allow(unsafe_code)]
    let status = unsafe { libc::kill(pid, libc::SIGKILL) };
    // It was there a moment ago; an executor may end idle workers.
    if status == 0 { Ok(()) } else { Err(Stop::Inconclusive(format!("worker process {pid} is gone already"))) }
}

pub(crate) fn proc_011(trial: &mut Trial<'_>) -> CheckResult {
    trial.needs_queue()?;
    let policy = policy(trial)?;
    let executor = trial.single()?;
    let gate = trial.gate();
    let victim = executor.submit(trial.probe().pass(&gate).die(Death::Kill))?;
    trial.await_arrivals(&gate, 1)?;
    let ahead = trial.claimed_ahead(1);
    trial.needs_room(ahead + 4)?;
    let probes = trial.probes(ahead + 4);
    let queued = executor.submit_all(probes)?;
    let cancelled = ahead + 1;
    expect(queued[cancelled].cancel()?, "a queued task must be cancelled")?;
    gate.open();
    let outcome = trial.all_resolve(std::slice::from_ref(&victim))?;
    expect_lost(&victim, &outcome[0])?;
    for (position, (future, outcome)) in queued.iter().zip(trial.all_resolve(&queued)?).enumerate() {
        match outcome {
            Err(Failure::Cancelled) if position == cancelled => {}
            outcome => expect_others(trial, policy, future, &outcome)?,
        }
    }
    afterwards(trial, &executor, policy)
}

pub(crate) fn proc_012(trial: &mut Trial<'_>) -> CheckResult {
    /// Far more than a pipe or a socket holds.
    const LARGE: usize = 4 << 20;
    let policy = policy(trial)?;
    let executor = trial.single()?;
    let gate = trial.gate();
    let victim = executor.submit(trial.probe().pass(&gate).die(Death::Kill))?;
    trial.await_arrivals(&gate, 1)?;
    trial.needs_room(6)?;
    let mut queued = Vec::new();
    for seed in 0..6 {
        let payload = Value::Payload(PayloadBytes { len: LARGE, seed });
        queued.push((executor.submit(trial.probe().carry(payload.clone()))?, payload));
    }
    gate.open();
    let outcome = trial.all_resolve(std::slice::from_ref(&victim))?;
    expect_lost(&victim, &outcome[0])?;
    let futures: Vec<_> = queued.iter().map(|(future, _)| future.clone()).collect();
    // One that was not asked for may have run some of them.
    let has_more = !trial.profile().is_limited();
    for ((future, payload), outcome) in queued.iter().zip(trial.all_resolve(&futures)?) {
        match (policy, outcome) {
            (policy, Ok(value)) if value == *payload && (policy != WorkerLossPolicy::PoolBroken || has_more) => {}
            // Whoever has not said may fail them or run them.
            (WorkerLossPolicy::PoolBroken | WorkerLossPolicy::Undeclared, Err(Failure::Broken(_))) => {}
            (_, other) => {
                let end = other.map(|_| "a value").map_err(|failure| failure.to_string());
                return violated(format!(
                    "task {} must end as declared for the death of a worker, but: {end:?}",
                    future.label()
                ));
            }
        }
    }
    afterwards(trial, &executor, policy)
}

pub(crate) fn proc_013(trial: &mut Trial<'_>) -> CheckResult {
    if policy(trial)? != WorkerLossPolicy::PoolBroken {
        return Err(Stop::Unsupported(
            "needs several tasks that are lost at once, and the profile declares one".into(),
        ));
    }
    trial.needs_room(1)?;
    let executor = trial.single()?;
    let (gate, closed) = (trial.gate(), trial.gate());
    // Wherever the second one is by then, it is not done.
    let second = trial.probe().pass(&closed);
    let futures = [executor.submit(trial.probe().pass(&gate).die(Death::Kill))?, executor.submit(second)?];
    executor.finish();
    trial.await_arrivals(&gate, 1)?;
    gate.open();
    for (future, outcome) in futures.iter().zip(trial.all_resolve(&futures)?) {
        expect_lost(future, &outcome)?;
    }
    let [read, other] = &futures;
    let before = other.error_weight()?;
    for _ in 0..3 {
        let _ = read.outcome()?;
    }
    expect_eq("the weight of an error after another future's was read", &other.error_weight()?, &before)
}
