//! The trial itself: what a check asks for.

use super::assertion::{gives, waits};
use super::stop::{stop_of, wrong};
use super::vigil::{Vigil, while_alive};
use super::{Aside, CheckResult, ExecutorUnderTest, FutureUnderTest, ProbeBuilder, Stop};
use poolproof_harness::{
    Actor, Config, Event, Gate, Gatehouse, History, Kind, Moment, OpenError, Outcome, Patience, Profile, Subject, Value,
};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// One check on one subject.
pub struct Trial<'s> {
    subject: &'s dyn Subject,
    profile: Profile,
    house: Arc<Gatehouse>,
    workers: usize,
    patience: Patience,
    rng: fastrand::Rng,
    next_label: u32,
    opened: Vec<ExecutorUnderTest>,
}

/// How the history calls the opening of an executor, before its workers.
pub(crate) const OPENING: &str = "open with ";
/// What it says when there is one.
pub(crate) const OPENED: &str = "an executor";

impl Debug for Trial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial").field("subject", &self.subject.address()).finish_non_exhaustive()
    }
}

impl<'s> Trial<'s> {
    /// A trial of `subject`, whose executors have `workers` workers unless a check says otherwise.
    #[must_use]
    pub fn new(subject: &'s dyn Subject, profile: Profile, workers: usize, patience: Patience, seed: u64) -> Self {
        Self {
            subject,
            profile,
            house: Arc::new(Gatehouse::new()),
            workers,
            patience,
            rng: fastrand::Rng::with_seed(seed),
            next_label: 1,
            opened: Vec::new(),
        }
    }

    /// The subject's declared profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The number of workers that [`Trial::executor`] opens.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// How long something that must happen is waited for, counted from the last sign of life.
    #[must_use]
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// Waits this long for what must happen from now on.
    pub(crate) fn wait_for(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// The random choices of this trial, from its seed.
    pub fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// What happened so far.
    #[must_use]
    pub fn history(&self) -> &History {
        self.house.history()
    }

    /// A closed gate.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.house.gate()
    }

    /// A gate that opens by itself when `count` tasks stand at it at once.
    #[must_use]
    pub fn meeting(&self, count: usize) -> Gate {
        self.house.meeting(count)
    }

    /// Opens every gate.
    pub fn open_all_gates(&self) {
        self.house.open_all();
    }

    /// An executor with [`Trial::workers`] workers.
    ///
    /// # Errors
    ///
    /// If it does not open.
    pub fn executor(&mut self) -> Result<ExecutorUnderTest, Stop> {
        self.executor_with(Config::workers(self.workers))
    }

    /// An executor with one worker: what it does, it does in some order.
    ///
    /// # Errors
    ///
    /// If it does not open.
    pub fn single(&mut self) -> Result<ExecutorUnderTest, Stop> {
        self.executor_with(Config::workers(1))
    }

    /// An executor opened with `config`.
    ///
    /// # Errors
    ///
    /// If it does not open.
    pub fn executor_with(&mut self, config: Config) -> Result<ExecutorUnderTest, Stop> {
        match self.try_executor(&config) {
            Ok(executor) => Ok(executor),
            Err(OpenError::Rejected(raised)) => wrong(format!("opening an executor must succeed, but: {raised}")),
            Err(OpenError::Setup(error)) => Err(Stop::Crashes(format!("the subject cannot be set up: {error}"))),
        }
    }

    /// Tries to open an executor with arguments that it may reject.
    ///
    /// # Errors
    ///
    /// What the subject says.
    pub fn try_executor(&mut self, config: &Config) -> Result<ExecutorUnderTest, OpenError> {
        self.note_call(&format!("{OPENING}{} workers", config.workers));
        let opened = self.subject.open(config, &self.house);
        self.note_return(if opened.is_ok() { OPENED } else { "no executor" });
        let (executor, number) = opened?;
        let opened = ExecutorUnderTest::new(executor, number, config.workers, self.house.history().clone());
        self.opened.push(opened.clone());
        Ok(opened)
    }

    /// A probe with a fresh label that returns its label.
    pub fn probe(&mut self) -> ProbeBuilder {
        let label = self.next_label;
        self.next_label += 1;
        ProbeBuilder::new(label, Arc::clone(&self.house))
    }

    /// `count` probes with consecutive labels.
    pub fn probes(&mut self, count: usize) -> Vec<ProbeBuilder> {
        (0..count).map(|_| self.probe()).collect()
    }

    /// Waits until `count` bodies stand (or stood) at `gate`.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] if fewer came.
    #[track_caller]
    pub fn await_arrivals(&self, gate: &Gate, count: usize) -> CheckResult {
        waits(|| {
            if while_alive(self.history(), self.patience, |slice| gate.await_arrivals(count, slice)) {
                return Ok(());
            }
            let arrived = gate.arrived();
            Err(Stop::Hangs(format!("{count} bodies must reach gate {}, but only {arrived} did", gate.id().0)))
        })
    }

    /// Waits until `holds` of the events so far; for what has no call to wait for.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] naming `what` if it never holds.
    #[track_caller]
    pub fn await_events(&self, what: &str, holds: impl Fn(&[Event]) -> bool) -> CheckResult {
        waits(|| {
            if while_alive(self.history(), self.patience, |slice| self.history().wait_until(slice, &holds)) {
                return Ok(());
            }
            Err(Stop::Hangs(format!("{what} must happen, and did not")))
        })
    }

    /// Waits until the callback with this label was called `times` times.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] if it is called less often.
    #[track_caller]
    pub fn await_callback(&self, label: u32, times: usize) -> CheckResult {
        self.await_events(&format!("call {times} of callback {label}"), |events| {
            let called = |event: &&Event| event.actor == Actor::Callback(label) && event.moment == Moment::Finished;
            events.iter().filter(called).count() >= times
        })
    }

    /// Runs a blocking call in a thread of its own, so that the check can go on meanwhile.
    pub fn aside<R: Send + 'static>(&self, what: &str, call: impl FnOnce() -> R + Send + 'static) -> Aside<R> {
        Aside::start(what, Vigil::new(self.history(), self.patience), call)
    }

    /// Waits until every one of `futures` is done, each watched by a thread of its own, and names
    /// those that never are.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] with the labels of the futures that stay pending.
    #[track_caller]
    pub fn all_resolve(&self, futures: &[FutureUnderTest]) -> Result<Vec<Outcome<Value>>, Stop> {
        gives(true, || self.outcomes_of(futures))
    }

    fn outcomes_of(&self, futures: &[FutureUnderTest]) -> Result<Vec<Outcome<Value>>, Stop> {
        let waits: Vec<_> = futures
            .iter()
            .map(|future| {
                let future = future.clone();
                self.aside("result", move || future.raw_result())
            })
            .collect();
        let mut outcomes = Vec::new();
        let mut pending = Vec::new();
        for (future, wait) in futures.iter().zip(waits) {
            // Those after the first that hangs had as much time as it had.
            let returned = if pending.is_empty() { wait.returned().ok() } else { wait.has_returned() };
            match returned {
                Some(Ok(outcome)) => outcomes.push(outcome),
                Some(Err(fault)) => return Err(stop_of(&format!("result of task {}", future.label()), fault)),
                None => pending.push(future.label()),
            }
        }
        if pending.is_empty() {
            Ok(outcomes)
        } else {
            Err(Stop::Hangs(format!("every future must be done, but those of tasks {pending:?} never are")))
        }
    }

    pub(crate) fn note_call(&self, call: &str) {
        self.history().record(Event::here(Actor::Check, Moment::Called(call.to_owned())));
    }

    pub(crate) fn note_return(&self, what: &str) {
        self.history().record(Event::here(Actor::Check, Moment::Returned(what.to_owned())));
    }

    /// The executors that were opened and neither shut down, dropped nor broken by the check.
    pub(crate) fn still_open(&self) -> Vec<ExecutorUnderTest> {
        self.opened.iter().filter(|executor| !executor.is_finished()).cloned().collect()
    }

    /// How often a check repeats what depends on the schedule: `usual` times, and fewer for an executor of another
    /// program that takes so long for each that the whole contract would take minutes.
    #[must_use]
    pub fn times(&self, usual: usize) -> usize {
        /// With this patience, which derives from what one executor with one task takes, nothing is slow yet.
        const QUICK: Duration = Duration::from_secs(4);
        let patience = self.patience.nominal();
        if patience <= QUICK || self.is_native() {
            return usual;
        }
        // Twice at least: the second time finds what the first one left.
        let share = QUICK.as_secs_f64() / patience.as_secs_f64();
        ((usual as f64 * share).ceil() as usize).clamp(usual.min(2), usual)
    }

    /// Whether the subject is of this very program.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.subject.describe().is_ok_and(|description| description.language == "Rust")
    }

    /// Whether tasks run somewhere else than in the submitting thread.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        self.profile.kind == Kind::Inline
    }
}
