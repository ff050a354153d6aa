//! Plays a script on a fresh executor.

use super::judge::{self, Fate};
use super::script::{Ending, GATES, Op, Script};
use crate::trial::{
    CheckResult, ExecutorUnderTest, FutureUnderTest, MapUnderTest, ProbeBuilder, Stop, Trial, violated,
};
use poolproof_harness::{
    CancelPolicy, Capability, Config, Death, DropPolicy, Failing, Failure, Fault, Gate, Outcome, PayloadBytes,
    QueuePolicy, Refused, Shutdown, Value, WorkerLossPolicy,
};
use std::time::Duration;

/// A task of the script, and what was observed of it so far.
pub(super) struct Task {
    /// Its future, unless the script dropped it.
    pub(super) future: Option<FutureUnderTest>,
    pub(super) label: u32,
    pub(super) ending: Ending,
    /// What `cancel` answered, if it was asked.
    pub(super) cancelled: Option<bool>,
    /// Whether some call saw it done.
    pub(super) seen_done: bool,
    /// The labels of its callbacks.
    pub(super) callbacks: Vec<u32>,
    /// The label of the task that it submits.
    pub(super) child: Option<u32>,
}

/// A map of the script.
pub(super) struct Mapping {
    pub(super) results: MapUnderTest,
    pub(super) labels: Vec<u32>,
    pub(super) failing: Option<usize>,
    pub(super) chunksize: usize,
    /// Whether its limit is zero.
    pub(super) limited: bool,
    /// Whether it submits only as results are read.
    pub(super) buffered: bool,
    /// Whether the executor refuses what finds its queue full.
    pub(super) bounded: bool,
}

/// A script in progress.
pub(super) struct Play<'p, 's> {
    pub(super) trial: &'p mut Trial<'s>,
    pub(super) executor: ExecutorUnderTest,
    pub(super) gates: Vec<Gate>,
    pub(super) tasks: Vec<Task>,
    pub(super) maps: Vec<Mapping>,
    pub(super) fate: Fate,
    /// Whether the script dropped the executor: then there is nothing left to call.
    pub(super) dropped: bool,
    /// How many events the history had before.
    before: usize,
}

/// Plays `script` and judges it.
pub(super) fn run(trial: &mut Trial<'_>, script: &Script) -> CheckResult {
    let before = trial.history().len();
    let executor = trial.executor_with(Config::workers(script.workers))?;
    let gates = (0..GATES).map(|_| trial.gate()).collect();
    let (tasks, maps, fate) = (Vec::new(), Vec::new(), Fate::default());
    let mut play = Play { trial, executor, gates, tasks, maps, fate, dropped: false, before };
    let result = script.ops.iter().try_for_each(|op| play.step(op)).and_then(|()| play.finale());
    // A script that failed leaves its executor as it is; the next one gets a fresh one.
    play.executor.finish();
    play.open_all();
    result
}

impl Play<'_, '_> {
    fn step(&mut self, op: &Op) -> CheckResult {
        match op {
            Op::Open(gate) => self.gates[usize::from(*gate)].open(),
            Op::Cancel(which) => return self.cancel(*which),
            Op::Poll(which) => return self.poll(*which),
            Op::Forget(which) => return self.forget(*which),
            // Everything else is a call of the executor.
            _ if self.dropped => {}
            Op::Submit(gate, ending) => return self.submit(*gate, *ending),
            Op::Callback(which) => return self.callback(*which),
            Op::Wait(which, when) => return self.wait(which, *when),
            Op::Await(which, when) => return self.wait_to_the_end(which, *when),
            Op::Completed(which) => return self.completed(which),
            Op::Map(map) => return self.map(*map),
            Op::Threads(threads, shutdown) => return self.threads(*threads, *shutdown),
            Op::Shutdown(wait, cancel) => return self.shutdown(*wait, *cancel),
            Op::Drop => return self.drop_executor(),
        }
        Ok(())
    }

    pub(super) fn open_all(&self) {
        self.gates.iter().for_each(Gate::open);
    }

    fn submit(&mut self, gate: Option<u8>, ending: Ending) -> CheckResult {
        let mut probe = self.trial.probe();
        if let Some(gate) = gate {
            probe = probe.pass(&self.gates[usize::from(gate)]);
        }
        let mut child = None;
        let probe = match ending {
            Ending::Label => probe,
            Ending::Payload(len) => probe.carry(payload(len)),
            Ending::Error => probe.fail(Failing::Error),
            Ending::Panic => probe.fail(Failing::Panic),
            Ending::Death => probe.die(Death::Kill),
            Ending::Nested => {
                let nested = self.trial.probe();
                child = Some(nested.label());
                probe.submit(&self.executor, nested)
            }
        };
        let label = probe.label();
        match self.executor.try_submit(probe) {
            Ok(future) => self.accepted(future, ending, child),
            Err(fault) => self.refused(label, fault),
        }
    }

    /// A task was accepted.
    pub(super) fn accepted(&mut self, future: FutureUnderTest, ending: Ending, child: Option<u32>) -> CheckResult {
        let label = future.label();
        if self.fate.closed.is_some() {
            return violated(format!("submit(task {label}) was accepted after shutdown"));
        }
        if ending == Ending::Death {
            // Whoever has not said what a death does may break.
            let policy = self.trial.profile().worker_loss;
            self.fate.lost |= matches!(policy, WorkerLossPolicy::PoolBroken | WorkerLossPolicy::Undeclared);
        }
        let (future, callbacks) = (Some(future), Vec::new());
        self.tasks.push(Task { future, label, ending, cancelled: None, seen_done: false, callbacks, child });
        Ok(())
    }

    /// A task was not accepted.
    pub(super) fn refused(&self, label: u32, fault: Fault) -> CheckResult {
        match fault {
            Fault::Refused(Refused::Shutdown) if self.fate.closed.is_some() => Ok(()),
            Fault::Refused(Refused::Broken(_)) if self.fate.lost => Ok(()),
            Fault::Refused(Refused::Full) if self.may_be_full() => Ok(()),
            fault => violated(format!("submit(task {label}) must be {}, but: {fault}", self.expected_answer())),
        }
    }

    pub(super) fn may_be_full(&self) -> bool {
        matches!(self.trial.profile().queue, QueuePolicy::Refuses(_))
    }

    pub(super) fn expected_answer(&self) -> &'static str {
        if self.fate.closed.is_some() { "refused because of the shutdown" } else { "accepted" }
    }

    /// The position of the task that a script's number names, if its future is still there.
    pub(super) fn named(&self, which: u8) -> Option<usize> {
        let position = usize::from(which).checked_rem(self.tasks.len())?;
        self.tasks[position].future.is_some().then_some(position)
    }

    fn cancel(&mut self, which: u8) -> CheckResult {
        let Some(position) = self.named(which) else { return Ok(()) };
        let task = &mut self.tasks[position];
        let Some(future) = &task.future else { return Ok(()) };
        let answer = future.cancel()?;
        judge::cancel_answer(task, answer, self.fate)?;
        task.cancelled = Some(answer);
        Ok(())
    }

    /// Whether `wait` may count a cancelled future as not done until a worker has passed it: where that is declared,
    /// and where nobody has said otherwise.
    pub(super) fn awaits_acknowledgement(&self) -> bool {
        matches!(self.trial.profile().cancel, CancelPolicy::Acknowledged | CancelPolicy::Undeclared)
    }

    fn poll(&mut self, which: u8) -> CheckResult {
        let acknowledged = self.awaits_acknowledgement();
        let Some(position) = self.named(which) else { return Ok(()) };
        let task = &mut self.tasks[position];
        let Some(future) = &task.future else { return Ok(()) };
        match future.try_result(Some(Duration::ZERO)) {
            Ok(outcome) => {
                judge::outcome(task, &outcome, self.fate)?;
                // Until a worker acknowledged it, `wait` may still count a cancelled future as not done.
                task.seen_done |= !(acknowledged && outcome == Err(Failure::Cancelled));
                Ok(())
            }
            Err(Fault::TimedOut) => judge::may_be_pending(task, "result(timeout=0)"),
            Err(fault) => violated(format!("result(timeout=0) of task {} failed: {fault}", task.label)),
        }
    }

    fn callback(&mut self, which: u8) -> CheckResult {
        let Some(position) = self.named(which) else { return Ok(()) };
        let callback = self.trial.probe();
        let task = &mut self.tasks[position];
        task.callbacks.push(callback.label());
        let Some(future) = &task.future else { return Ok(()) };
        future.on_done(&self.executor, callback)
    }

    /// Opens every gate, collects everything, shuts down, and judges the whole.
    fn finale(&mut self) -> CheckResult {
        self.open_all();
        let futures: Vec<_> = self.tasks.iter().filter_map(|task| task.future.clone()).collect();
        let outcomes: Vec<Outcome<Value>> = self.trial.all_resolve(&futures)?;
        for (task, outcome) in self.tasks.iter().filter(|task| task.future.is_some()).zip(&outcomes) {
            judge::outcome(task, outcome, self.fate)?;
        }
        for map in std::mem::take(&mut self.maps) {
            let fate = self.fate;
            self.trial.aside("reading the map", move || judge::mapping(map, fate)).returns()??;
        }
        if !self.dropped && self.trial.profile().has(Capability::Shutdown) {
            let executor = self.executor.clone();
            self.trial.aside("shutdown(wait=True)", move || executor.shutdown(Shutdown::WAIT)).returns()??;
        }
        for &label in self.tasks.iter().flat_map(|task| &task.callbacks) {
            self.trial.await_callback(label, 1)?;
        }
        // A waiting shutdown is the fence after which nothing runs any more.
        self.fate.fenced = !self.dropped && self.trial.profile().has(Capability::Shutdown);
        let sure =
            self.fate.fenced && self.trial.profile().drop_future == DropPolicy::Detaches && !self.fate.takes_back();
        let mut outcomes = outcomes.into_iter();
        let ended: Vec<_> =
            self.tasks.iter().map(|task| (task, task.future.is_some().then(|| outcomes.next()).flatten())).collect();
        judge::history(&ended, self.fate, sure, &self.trial.history().since(self.before))
    }
}

/// The labels of probes.
pub(super) fn labels(probes: &[ProbeBuilder]) -> Vec<u32> {
    probes.iter().map(ProbeBuilder::label).collect()
}

/// The value of a task that carries `len` bytes.
pub(super) fn payload(len: usize) -> Value {
    Value::Payload(PayloadBytes { len, seed: 0x9e37_79b9_7f4a_7c15 })
}

impl Task {
    /// What it returns if it runs.
    pub(super) fn expected(&self) -> Result<Value, &'static str> {
        match self.ending {
            Ending::Label | Ending::Nested => Ok(Value::Int(i64::from(self.label))),
            Ending::Payload(len) => Ok(payload(len)),
            Ending::Error => Err("error"),
            Ending::Panic => Err("panic"),
            Ending::Death => Err("death"),
        }
    }
}

/// What is wrong with a task.
#[track_caller]
pub(super) fn because<T>(task: &Task, what: &str) -> Result<T, Stop> {
    violated(format!("task {}: {what}", task.label))
}
