//! Builds probes.

use super::{ExecutorUnderTest, Stop};
use poolproof_harness::{
    AnyFuture, Canary, Death, Failing, Gate, Gatehouse, Guest, HouseAddress, Probe, Shutdown, Step, Value,
};
use std::sync::Arc;

/// Builds a probe step by step.
#[derive(Debug)]
pub struct ProbeBuilder {
    probe: Probe,
    house: Arc<Gatehouse>,
    canary: bool,
}

impl ProbeBuilder {
    /// A probe that returns its label.
    pub(super) fn new(label: u32, house: Arc<Gatehouse>) -> Self {
        let probe = Probe {
            label,
            house: HouseAddress::default(),
            executor: 0,
            steps: Vec::new(),
            value: Value::Int(i64::from(label)),
            canary: Canary::default(),
        };
        Self { probe, house, canary: false }
    }

    /// Its label in the history.
    #[must_use]
    pub fn label(&self) -> u32 {
        self.probe.label
    }

    fn step(mut self, step: Step) -> Self {
        self.probe.steps.push(step);
        self
    }

    /// Stops at `gate`.
    #[must_use]
    pub fn pass(self, gate: &Gate) -> Self {
        self.step(Step::Pass(gate.id()))
    }

    /// Says something in the history.
    #[must_use]
    pub fn note(self, text: &str) -> Self {
        self.step(Step::Note(text.to_owned()))
    }

    /// Fails; later steps are not reached.
    #[must_use]
    pub fn fail(self, failing: Failing) -> Self {
        self.step(Step::Fail(failing))
    }

    /// Ends its worker.
    #[must_use]
    pub fn die(self, death: Death) -> Self {
        self.step(Step::Die(death))
    }

    /// Submits `child` to the executor that runs this probe.
    #[must_use]
    pub fn submit(self, executor: &ExecutorUnderTest, child: ProbeBuilder) -> Self {
        let child = child.on(executor);
        self.step(Step::Submit(Box::new(child)))
    }

    /// Submits `child` to the executor that runs this probe, and waits for it.
    #[must_use]
    pub fn submit_and_wait(self, executor: &ExecutorUnderTest, child: ProbeBuilder) -> Self {
        let child = child.on(executor);
        self.step(Step::SubmitAndWait(Box::new(child)))
    }

    /// As a callback: registers `callback` with the future that calls this one back.
    #[must_use]
    pub fn on_done(self, executor: &ExecutorUnderTest, callback: ProbeBuilder) -> Self {
        let callback = callback.on(executor);
        self.step(Step::OnDone(Box::new(callback)))
    }

    /// Shuts the executor that runs this probe down.
    #[must_use]
    pub fn shutdown(self, how: Shutdown) -> Self {
        self.step(Step::Shutdown(how))
    }

    /// Carries and returns `value` instead of its label.
    #[must_use]
    pub fn carry(mut self, value: Value) -> Self {
        self.probe.value = value;
        self
    }

    /// Carries, instead of its label, a guest of the process that it is sent to.
    #[must_use]
    pub fn guest(self) -> Self {
        let guest = Guest::new(self.house.local_address(), self.probe.label);
        self.carry(Value::Guest(guest))
    }

    /// Returns, instead of its label, a result that stops at `gate` while the submitter rebuilds it.
    #[must_use]
    pub fn held(self, gate: &Gate) -> Self {
        self.carry(Value::HeldReply(gate.id()))
    }

    /// Notes in the history when what it carries is released.
    #[must_use]
    pub fn canary(mut self) -> Self {
        self.canary = true;
        self
    }

    /// Makes the future that will call this callback back reachable for it.
    pub(super) fn introduce(&self, future: &Arc<dyn AnyFuture>) {
        self.house.introduce(self.probe.label, future);
    }

    /// Where its gates are.
    pub(super) fn address(&self) -> HouseAddress {
        self.house.local_address()
    }

    /// The finished probe, for `executor`.
    #[must_use]
    pub fn on(mut self, executor: &ExecutorUnderTest) -> Probe {
        self.probe.executor = executor.number();
        self.probe.house = self.house.local_address();
        if self.canary {
            self.probe.canary = Canary::new(self.house.local_address(), self.probe.label);
        }
        self.probe
    }

    /// The finished probe, as an initialiser: before there is an executor.
    ///
    /// # Errors
    ///
    /// If the gates cannot be reached from other processes.
    pub fn as_initialiser(mut self) -> Result<Probe, Stop> {
        self.probe.house = self.house.listen().map_err(|error| Stop::Inconclusive(error.to_string()))?;
        Ok(self.probe)
    }
}
