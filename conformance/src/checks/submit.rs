//! Decides SUB: accepting tasks.

use super::busy::{Busy, room, wave};
use super::seen::{await_end, await_note, expect_starts, let_everything_end};
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop, Trial, expect_eq, violated};
use poolproof_harness::{
    Actor, Brittle, Config, Fault, Kind, Patience, QueuePolicy, Refused, Shutdown, StartOrder, Stubborn, Value,
};
use std::sync::{Arc, Barrier};

pub(crate) fn sub_001(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let probe = trial.probe().pass(&gate);
    let future = executor.submit(probe)?;
    trial.await_arrivals(&gate, 1)?;
    gate.open();
    future.returns_own_label()
}

pub(crate) fn sub_002(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor()?;
    let mut labels = Vec::new();
    let mut left = 20;
    while left > 0 {
        let probes = trial.probes(left.min(wave(trial)));
        left -= probes.len();
        let value = |label: u32| Value::Text(format!("argument of task {label}"));
        let carry = |probe: ProbeBuilder| (probe.label(), value(probe.label()), probe);
        let probes: Vec<_> = probes.into_iter().map(carry).collect();
        let mut futures = Vec::new();
        for (label, value, probe) in probes {
            futures.push((executor.submit(probe.carry(value.clone()))?, value));
            labels.push(label);
        }
        for (future, value) in futures {
            expect_eq(&format!("the value of task {}", future.label()), &future.value()?, &value)?;
        }
    }
    let_everything_end(trial, &executor)?;
    labels.into_iter().try_for_each(|label| expect_starts(trial, label, 1))
}

pub(crate) fn sub_005(trial: &mut Trial<'_>) -> CheckResult {
    if !matches!(trial.profile().kind, Kind::Inline | Kind::Thread) {
        return Err(Stop::Unsupported("tasks do not share memory with their submitter".to_owned()));
    }
    let executor = trial.executor()?;
    let there = [Value::Unserialisable(Stubborn), Value::Unrebuildable(Brittle)];
    let back = [Value::UnserialisableReply, Value::UnrebuildableReply];
    for (sent, expected) in there.iter().zip(&there).chain(back.iter().zip(&there)) {
        let future = executor.submit(trial.probe().carry(sent.clone()))?;
        expect_eq(&format!("what returns for {sent:?}"), &future.value()?, expected)?;
    }
    Ok(())
}

pub(crate) fn sub_006(trial: &mut Trial<'_>) -> CheckResult {
    let order = trial.profile().start_order;
    if matches!(order, StartOrder::Any | StartOrder::Undeclared) {
        return Err(Stop::Unsupported("the declared profile promises no order".to_owned()));
    }
    let queued = 12.min(room(trial));
    let busy = Busy::start(trial, queued)?;
    let ahead = 1 + busy.prefetched.len();
    let futures = busy.queue_some(trial, queued)?;
    busy.gate.open();
    for future in &futures {
        future.returns_own_label()?;
    }
    let mut expected: Vec<_> = futures.iter().map(FutureUnderTest::label).collect();
    if order == StartOrder::Lifo {
        expected.reverse();
    }
    let started = trial.history().started();
    expect_eq("the order in which queued tasks start", &started[ahead.min(started.len())..].to_vec(), &expected)
}

/// How many threads submit at once.
const SUBMITTERS: usize = 4;
/// How many tasks each of them submits.
const EACH: usize = 25;

pub(crate) fn sub_007(trial: &mut Trial<'_>) -> CheckResult {
    let wave = wave(trial) / SUBMITTERS;
    if wave == 0 {
        return Err(Stop::Unsupported(format!("needs a queue of {SUBMITTERS}, more than the declared profile has")));
    }
    let executor = trial.executor()?;
    let each = trial.times(EACH);
    let line = Arc::new(Barrier::new(SUBMITTERS));
    let mut submitters = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..SUBMITTERS {
        let (executor, line, mut probes) = (executor.clone(), Arc::clone(&line), trial.probes(each));
        labels.extend(probes.iter().map(ProbeBuilder::label));
        submitters.push(trial.aside("submitting from several threads", move || -> CheckResult {
            line.wait();
            while !probes.is_empty() {
                let rest = probes.split_off(wave.min(probes.len()));
                for future in executor.submit_all(std::mem::replace(&mut probes, rest))? {
                    future.returns_own_label()?;
                }
            }
            Ok(())
        }));
    }
    for submitter in submitters {
        submitter.returns()??;
    }
    let_everything_end(trial, &executor)?;
    labels.into_iter().try_for_each(|label| expect_starts(trial, label, 1))
}

pub(crate) fn sub_008(trial: &mut Trial<'_>) -> CheckResult {
    // Without a queue the task would wait for its own worker.
    trial.needs_room(1)?;
    let executor = trial.single()?;
    let child = trial.probe();
    let (label, parent) = (child.label(), trial.probe().submit(&executor, child));
    let actor = Actor::Task(parent.label());
    executor.submit(parent)?.returns_own_label()?;
    let note = await_note(trial, "the submit of the task", actor, |note| note.contains(&label.to_string()))?;
    expect_eq("what the task's submit came to", &note, &format!("submitted {label}"))?;
    await_end(trial, label)
}

pub(crate) fn sub_009(trial: &mut Trial<'_>) -> CheckResult {
    for how in [Shutdown::WAIT, Shutdown::NO_WAIT] {
        let executor = trial.executor()?;
        executor.submit(trial.probe())?.returns_own_label()?;
        executor.shutdown(how)?;
        refused(trial, &executor, &Refused::Shutdown)?;
    }
    Ok(())
}

/// Checks that `executor` refuses a task for this reason.
fn refused(trial: &mut Trial<'_>, executor: &ExecutorUnderTest, reason: &Refused) -> Result<u32, Stop> {
    let probe = trial.probe();
    let label = probe.label();
    match executor.try_submit(probe) {
        Err(Fault::Refused(found)) if found == *reason => Ok(label),
        Err(other) => violated(format!("submit must say \"{reason}\", but says \"{other}\"")),
        Ok(_) => violated(format!("submit must say \"{reason}\", but accepts task {label}")),
    }
}

pub(crate) fn sub_010(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.single()?;
    let gate = trial.gate();
    let _kept = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    executor.shutdown(Shutdown::NO_WAIT)?;
    let refused: Vec<_> = (0..3).map(|_| refused(trial, &executor, &Refused::Shutdown)).collect::<Result<_, Stop>>()?;
    gate.open();
    let_everything_end(trial, &executor)?;
    refused.into_iter().try_for_each(|label| expect_starts(trial, label, 0))
}

pub(crate) fn sub_031(trial: &mut Trial<'_>) -> CheckResult {
    let queued = trial.times(100).min(room(trial));
    let executor = trial.executor()?;
    let gate = trial.gate();
    let mut futures = Vec::new();
    for _ in 0..executor.workers() {
        futures.push(executor.submit(trial.probe().pass(&gate))?);
        // Each must have left the queue before the queue is filled.
        trial.await_arrivals(&gate, futures.len())?;
    }
    futures.extend(executor.submit_all(trial.probes(queued))?);
    gate.open();
    futures.iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn sub_032(trial: &mut Trial<'_>) -> CheckResult {
    let (QueuePolicy::Blocks(room) | QueuePolicy::Refuses(room)) = trial.profile().queue else {
        return Err(Stop::Unsupported("the declared queue has no limit".to_owned()));
    };
    let busy = Busy::start(trial, room)?;
    let mut futures = busy.queue_some(trial, room)?;
    if matches!(trial.profile().queue, QueuePolicy::Refuses(_)) {
        let label = refused(trial, &busy.executor, &Refused::Full)?;
        busy.gate.open();
        futures.iter().try_for_each(|future| future.returns_own_label())?;
        let_everything_end(trial, &busy.executor)?;
        return expect_starts(trial, label, 0);
    }
    let (probe, executor) = (trial.probe(), busy.executor.clone());
    let blocked = trial.aside("submit to a full queue", move || executor.submit(probe));
    blocked.stays("submit must block while the queue is full", Patience::ticks(2))?;
    busy.gate.open();
    futures.push(blocked.returns()??);
    futures.iter().try_for_each(|future| future.returns_own_label())
}

pub(crate) fn sub_033(trial: &mut Trial<'_>) -> CheckResult {
    let executor = trial.executor_with(Config::workers(2))?;
    let gate = trial.gate();
    let first = executor.submit(trial.probe().pass(&gate))?;
    trial.await_arrivals(&gate, 1)?;
    let probe = trial.probe();
    let label = probe.label();
    executor.exhaust(true)?;
    let submitted = executor.try_submit(probe);
    executor.exhaust(false)?;
    gate.open();
    first.returns_own_label()?;
    let_everything_end(trial, &executor)?;
    match submitted {
        Ok(future) => future.returns_own_label(),
        Err(_) => expect_starts(trial, label, 0),
    }
}

pub(crate) fn sub_034(trial: &mut Trial<'_>) -> CheckResult {
    const TIMES: usize = 100;
    let executor = trial.executor()?;
    let interrupted = {
        let executor = executor.clone();
        trial.aside("submitting while finalisers submit", move || executor.submit_interrupted(TIMES))
    };
    interrupted.returns()??;
    executor.submit(trial.probe())?.returns_own_label()
}
