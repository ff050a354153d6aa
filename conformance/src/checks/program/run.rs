//! Plays a script on a fresh executor.

use super::judge;
use super::script::{Ending, GATES, Op, Script};
use crate::trial::{CheckResult, ExecutorUnderTest, FutureUnderTest, MapUnderTest, Stop, Trial, violated};
use poolproof_harness::{
    CancelPolicy, Config, Failing, Failure, Fault, Gate, MapOptions, Outcome, PayloadBytes, QueuePolicy, Refused,
    ReturnWhen, Shutdown, Value,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// A task of the script, and what was observed of it so far.
pub(super) struct Task {
    pub(super) future: FutureUnderTest,
    pub(super) ending: Ending,
    /// What `cancel` answered, if it was asked.
    pub(super) cancelled: Option<bool>,
    /// Whether some call saw it done.
    pub(super) seen_done: bool,
    /// The labels of its callbacks.
    pub(super) callbacks: Vec<u32>,
}

/// A map of the script.
pub(super) struct Mapping {
    pub(super) results: MapUnderTest,
    pub(super) labels: Vec<u32>,
    pub(super) failing: Option<usize>,
    pub(super) chunksize: usize,
}

/// A script in progress.
struct Play<'p, 's> {
    trial: &'p mut Trial<'s>,
    executor: ExecutorUnderTest,
    gates: Vec<Gate>,
    tasks: Vec<Task>,
    maps: Vec<Mapping>,
    /// Whether shutdown was called; and whether with `cancel_futures`.
    closed: Option<bool>,
}

/// Plays `script` and judges it.
pub(super) fn run(trial: &mut Trial<'_>, script: &Script) -> CheckResult {
    let executor = trial.executor_with(Config::workers(script.workers))?;
    let gates = (0..GATES).map(|_| trial.gate()).collect();
    let mut play = Play { trial, executor, gates, tasks: Vec::new(), maps: Vec::new(), closed: None };
    let result = script.ops.iter().try_for_each(|op| play.step(op)).and_then(|()| play.finale());
    // A script that failed leaves its executor as it is; the next one gets a fresh one.
    play.executor.finish();
    play.gates.iter().for_each(Gate::open);
    result
}

impl Play<'_, '_> {
    fn step(&mut self, op: &Op) -> CheckResult {
        match op {
            Op::Submit(gate, ending) => self.submit(*gate, *ending),
            Op::Open(gate) => {
                self.gates[usize::from(*gate)].open();
                Ok(())
            }
            Op::Cancel(which) => self.cancel(*which),
            Op::Poll(which) => self.poll(*which),
            Op::Callback(which) => self.callback(*which),
            Op::Wait(which, when) => self.wait(which, *when),
            Op::Completed(which) => self.completed(which),
            Op::Map(items, chunksize, failing) => self.map(*items, *chunksize, *failing),
            Op::Shutdown(cancel) => self.shutdown(*cancel),
        }
    }

    fn submit(&mut self, gate: Option<u8>, ending: Ending) -> CheckResult {
        let mut probe = self.trial.probe();
        if let Some(gate) = gate {
            probe = probe.pass(&self.gates[usize::from(gate)]);
        }
        let probe = match ending {
            Ending::Label => probe,
            Ending::Payload(len) => probe.carry(payload(len)),
            Ending::Error => probe.fail(Failing::Error),
            Ending::Panic => probe.fail(Failing::Panic),
        };
        let label = probe.label();
        match (self.executor.try_submit(probe), self.closed) {
            (Ok(future), None) => {
                self.tasks.push(Task { future, ending, cancelled: None, seen_done: false, callbacks: Vec::new() });
                Ok(())
            }
            (Err(Fault::Refused(Refused::Shutdown)), Some(_)) => Ok(()),
            (Err(Fault::Refused(Refused::Full)), None) if self.may_be_full() => Ok(()),
            (Ok(_), Some(_)) => violated(format!("submit(task {label}) was accepted after shutdown")),
            (Err(fault), _) => {
                violated(format!("submit(task {label}) must be {}, but: {fault}", self.expected_answer()))
            }
        }
    }

    fn may_be_full(&self) -> bool {
        matches!(self.trial.profile().queue, QueuePolicy::Refuses(_))
    }

    fn expected_answer(&self) -> &'static str {
        if self.closed.is_some() { "refused because of the shutdown" } else { "accepted" }
    }

    /// The task that a script's number names.
    fn named(&mut self, which: u8) -> Option<&mut Task> {
        let count = self.tasks.len();
        (count > 0).then(|| &mut self.tasks[usize::from(which) % count])
    }

    fn cancel(&mut self, which: u8) -> CheckResult {
        let closed = self.closed;
        let Some(task) = self.named(which) else { return Ok(()) };
        let answer = task.future.cancel()?;
        judge::cancel_answer(task, answer, closed)?;
        task.cancelled = Some(answer);
        Ok(())
    }

    fn poll(&mut self, which: u8) -> CheckResult {
        let closed = self.closed;
        let acknowledged = self.trial.profile().cancel == CancelPolicy::Acknowledged;
        let Some(task) = self.named(which) else { return Ok(()) };
        match task.future.try_result(Some(Duration::ZERO)) {
            Ok(outcome) => {
                judge::outcome(task, &outcome, closed)?;
                // Until a worker acknowledged it, `wait` may still count a cancelled future as not done.
                task.seen_done |= !(acknowledged && outcome == Err(Failure::Cancelled));
                Ok(())
            }
            Err(Fault::TimedOut) => judge::may_be_pending(task, "result(timeout=0)"),
            Err(fault) => violated(format!("result(timeout=0) of task {} failed: {fault}", task.future.label())),
        }
    }

    fn callback(&mut self, which: u8) -> CheckResult {
        if self.tasks.is_empty() {
            return Ok(());
        }
        let callback = self.trial.probe();
        let label = callback.label();
        let index = usize::from(which) % self.tasks.len();
        let task = &mut self.tasks[index];
        task.callbacks.push(label);
        task.future.on_done(&self.executor, callback)
    }

    /// The tasks that a script's numbers name, without repetition.
    fn chosen(&self, which: &[u8]) -> Vec<usize> {
        let count = self.tasks.len();
        let chosen: BTreeSet<_> = which.iter().filter_map(|&which| usize::from(which).checked_rem(count)).collect();
        chosen.into_iter().collect()
    }

    fn wait(&mut self, which: &[u8], when: ReturnWhen) -> CheckResult {
        let chosen = self.chosen(which);
        let futures: Vec<_> = chosen.iter().map(|&index| self.tasks[index].future.clone()).collect();
        let waited = self.executor.wait(&futures, when, Some(Duration::ZERO))?;
        let mut named: Vec<_> = waited.done.iter().chain(&waited.not_done).copied().collect();
        named.sort_unstable();
        if named != (0..futures.len()).collect::<Vec<_>>() {
            return violated(format!("wait must put each of {} futures into one set, but: {waited:?}", futures.len()));
        }
        for position in waited.not_done {
            judge::may_be_pending(&self.tasks[chosen[position]], "wait(timeout=0)")?;
        }
        for position in waited.done {
            self.tasks[chosen[position]].seen_done = true;
        }
        Ok(())
    }

    fn completed(&mut self, which: &[u8]) -> CheckResult {
        let chosen = self.chosen(which);
        let futures: Vec<_> = chosen.iter().map(|&index| self.tasks[index].future.clone()).collect();
        let mut completed = self.executor.as_completed(&futures, Some(Duration::ZERO))?;
        let mut seen = BTreeSet::new();
        loop {
            match completed.try_next() {
                Ok(Some(position)) if seen.insert(position) => self.tasks[chosen[position]].seen_done = true,
                Ok(Some(position)) => return violated(format!("as_completed gave future {position} twice")),
                Ok(None) if seen.len() == futures.len() => return Ok(()),
                Ok(None) => return violated(format!("as_completed gave {} of {}", seen.len(), futures.len())),
                // At a limit of zero, which of those that are done it still gives is not promised.
                Err(Fault::TimedOut) => return Ok(()),
                Err(fault) => return violated(format!("as_completed failed: {fault}")),
            }
        }
    }

    fn map(&mut self, items: u8, chunksize: Option<u8>, failing: Option<u8>) -> CheckResult {
        let items = usize::from(items);
        let failing = failing.and_then(|which| usize::from(which).checked_rem(items));
        let probes: Vec<_> = (0..items)
            .map(|item| {
                let probe = self.trial.probe();
                if failing == Some(item) { probe.fail(Failing::Error) } else { probe }
            })
            .collect();
        let labels = probes.iter().map(crate::trial::ProbeBuilder::label).collect();
        let options = MapOptions { chunksize: chunksize.map(usize::from), ..MapOptions::default() };
        match (self.executor.try_map(probes, options, None), self.closed) {
            (Ok(results), None) => {
                let chunksize = usize::from(chunksize.unwrap_or(1));
                self.maps.push(Mapping { results, labels, failing, chunksize });
                Ok(())
            }
            // With nothing to submit there is nothing to refuse.
            (Ok(_), Some(_)) if items == 0 => Ok(()),
            (Err(Fault::Refused(Refused::Shutdown)), Some(_)) => Ok(()),
            (Err(Fault::Refused(Refused::Full)), None) if self.may_be_full() => Ok(()),
            (Ok(_), Some(_)) => violated("map was accepted after shutdown"),
            (Err(fault), _) => violated(format!("map must be {}, but: {fault}", self.expected_answer())),
        }
    }

    fn shutdown(&mut self, cancel: bool) -> CheckResult {
        let cancel = cancel && self.trial.profile().has(poolproof_harness::Capability::CancelFutures);
        self.executor.shutdown(Shutdown { wait: false, cancel_futures: cancel })?;
        self.closed = Some(self.closed.unwrap_or(false) || cancel);
        Ok(())
    }

    /// Opens every gate, collects everything, shuts down, and judges the whole.
    fn finale(&mut self) -> CheckResult {
        self.gates.iter().for_each(Gate::open);
        let futures: Vec<_> = self.tasks.iter().map(|task| task.future.clone()).collect();
        let outcomes: Vec<Outcome<Value>> = self.trial.all_resolve(&futures)?;
        for (task, outcome) in self.tasks.iter().zip(&outcomes) {
            judge::outcome(task, outcome, self.closed)?;
        }
        for map in std::mem::take(&mut self.maps) {
            let closed = self.closed;
            self.trial.aside("reading the map", move || judge::mapping(map, closed)).returns()??;
        }
        let executor = self.executor.clone();
        self.trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT)).returns()??;
        for &label in self.tasks.iter().flat_map(|task| &task.callbacks) {
            self.trial.await_callback(label, 1)?;
        }
        judge::history(&self.tasks, &outcomes, self.trial.history())
    }
}

/// The value of a task that carries `len` bytes.
pub(super) fn payload(len: usize) -> Value {
    Value::Payload(PayloadBytes { len, seed: 0x9e37_79b9_7f4a_7c15 })
}

impl Task {
    /// What it returns if it runs.
    pub(super) fn expected(&self) -> Result<Value, &'static str> {
        match self.ending {
            Ending::Label => Ok(Value::Int(i64::from(self.future.label()))),
            Ending::Payload(len) => Ok(payload(len)),
            Ending::Error => Err("error"),
            Ending::Panic => Err("panic"),
        }
    }
}

/// What is wrong with a task.
#[track_caller]
pub(super) fn because<T>(task: &Task, what: &str) -> Result<T, Stop> {
    violated(format!("task {}: {what}", task.future.label()))
}
