//! Tasks and results cross the border of a process, or cannot.

use crate::runner::with_descendants;
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, Stop, Trial, expect, violated};
use poolproof_harness::{
    Actor, Brittle, Capability, Failure, Fault, Kind, Moment, Outcome, Refused, Shutdown, Stubborn, Value,
};

/// The process in which a task that asks for it runs.
fn pid_of_worker(trial: &mut Trial<'_>, executor: &ExecutorUnderTest) -> Result<u32, Stop> {
    match executor.submit(trial.probe().carry(Value::WhoAmI))?.value()? {
        Value::Identity { pid, .. } => Ok(pid),
        other => violated(format!("a task that asks who it is must learn it, but got {other:?}")),
    }
}

pub(crate) fn proc_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let worker = pid_of_worker(trial, &executor)?;
    // The input of a map is read by the process that submits, which may be a driver.
    let probes = trial.probes(1);
    executor.map(probes)?.values()?;
    let is_read = |moment: &Moment| matches!(moment, Moment::Pulled(_));
    let events = trial.history().events();
    let submitter = events.iter().find(|event| event.actor == Actor::Input && is_read(&event.moment));
    let submitter = submitter.map(|event| event.pid);
    let message = format!("tasks must not run in process {worker}, which submits them");
    expect(submitter != Some(worker), &message)
}

pub(crate) fn proc_033(trial: &mut Trial<'_>) -> CheckResult {
    if trial.profile().kind != Kind::Process {
        return Err(Stop::Unsupported("is about processes of this machine".into()));
    }
    let executor = trial.executor()?;
    let worker = pid_of_worker(trial, &executor)?;
    executor.shutdown(Shutdown::WAIT)?;
    let gone = !with_descendants(std::process::id()).contains(&worker);
    expect(gone, &format!("worker process {worker} must have ended when a waiting shutdown returned"))
}

/// What a task that cannot cross the border may end with: some library or other panics over it.
fn expect_lost(what: &str, outcome: &Outcome<Value>) -> CheckResult {
    match outcome {
        Err(Failure::Unserialisable(_) | Failure::Raised(_) | Failure::Broken(_) | Failure::Panicked(_)) => Ok(()),
        other => violated(format!("{what} must fail, but its outcome is {other:?}")),
    }
}

/// Submits a value that does not survive serialisation; `None` if submit itself refuses it for
/// that reason, which is as good.
fn submit_value(
    trial: &mut Trial<'_>,
    executor: &ExecutorUnderTest,
    value: Value,
) -> Result<Option<FutureUnderTest>, Stop> {
    match executor.try_submit(trial.probe().carry(value)) {
        Ok(future) => Ok(Some(future)),
        Err(Fault::Raised(_) | Fault::Refused(Refused::Other(_))) => Ok(None),
        Err(fault) => violated(format!("a task that cannot be serialised must fail as such, but: {fault}")),
    }
}

/// An executor of which nobody asks that it survives the check.
fn breakable(trial: &mut Trial<'_>) -> Result<ExecutorUnderTest, Stop> {
    let executor = trial.single()?;
    executor.finish();
    Ok(executor)
}

/// A value that cannot cross the border, between two that can: it alone must fail.
fn fails_alone(trial: &mut Trial<'_>, executor: &ExecutorUnderTest, what: &str, value: Value) -> CheckResult {
    let first = executor.submit(trial.probe())?;
    let bad = submit_value(trial, executor, value)?;
    let last = executor.submit(trial.probe())?;
    let all: Vec<_> = [Some(first.clone()), bad.clone(), Some(last.clone())].into_iter().flatten().collect();
    trial.all_resolve(&all)?;
    first.returns_own_label()?;
    last.returns_own_label()?;
    match bad {
        Some(bad) => expect_lost(what, &bad.outcome()?),
        None => Ok(()),
    }
}

pub(crate) fn proc_003(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    fails_alone(trial, &executor, "a task that cannot be serialised", Value::Unserialisable(Stubborn))
}

pub(crate) fn proc_004(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let mut bad = Vec::new();
    for _ in 0..6 {
        bad.extend(submit_value(trial, &executor, Value::Unserialisable(Stubborn))?);
    }
    let probes = trial.probes(3);
    let good = executor.submit_all(probes)?;
    // From here on nothing is called that could push the tasks on.
    let all: Vec<_> = bad.iter().chain(&good).cloned().collect();
    trial.all_resolve(&all)?;
    good.iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn proc_006(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    fails_alone(trial, &executor, "a task whose result cannot be serialised", Value::UnserialisableReply)
}

/// A value that cannot be rebuilt, between two that can: everything must be resolved, the
/// executor may be broken by it.
fn resolves(trial: &mut Trial<'_>, what: &str, value: Value) -> CheckResult {
    // Whether the executor survives is not the question here.
    let executor = breakable(trial)?;
    let first = executor.submit(trial.probe())?;
    first.returns_own_label()?;
    let bad = executor.submit(trial.probe().carry(value))?;
    let mut all = vec![bad.clone()];
    match executor.try_submit(trial.probe()) {
        Ok(future) => all.push(future),
        Err(Fault::Refused(Refused::Broken(_))) => {}
        Err(fault) => return violated(format!("submit must accept or say that the executor is broken, but: {fault}")),
    }
    trial.all_resolve(&all)?;
    expect_lost(what, &bad.outcome()?)?;
    if let Some(Ok(value)) = all.get(1).map(FutureUnderTest::outcome).transpose()? {
        expect(
            value == Value::Int(i64::from(all[1].label())),
            "the task behind it must return its own value, or fail",
        )?;
    }
    if !trial.profile().has(Capability::Shutdown) {
        return Ok(());
    }
    let call = executor.clone();
    trial.aside("shutdown(wait=True) afterwards", move || call.shutdown(Shutdown::WAIT)).returns()?
}

pub(crate) fn proc_007(trial: &mut Trial<'_>) -> CheckResult {
    resolves(trial, "a task that cannot be rebuilt", Value::Unrebuildable(Brittle))
}

pub(crate) fn proc_008(trial: &mut Trial<'_>) -> CheckResult {
    resolves(trial, "a task whose result cannot be rebuilt", Value::UnrebuildableReply)
}

pub(crate) fn proc_031(trial: &mut Trial<'_>) -> CheckResult {
    // To survive it is a MAY: one that is broken a little later breaks no promise of its capacity.
    let executor = breakable(trial)?;
    fails_alone(trial, &executor, "a task that cannot be rebuilt", Value::Unrebuildable(Brittle))
}

pub(crate) fn proc_032(trial: &mut Trial<'_>) -> CheckResult {
    let executor = breakable(trial)?;
    fails_alone(trial, &executor, "a task whose result cannot be rebuilt", Value::UnrebuildableReply)
}
