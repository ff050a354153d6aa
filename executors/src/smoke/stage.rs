//! Where the steps of smoke act: one executor and its house, and what is being called.

use poolproof_harness::{
    AnyExecutor, AnyFuture, Canary, Config, Event, Fault, Gate, Gatehouse, Moment, Outcome, Patience, Probe, Profile,
    Step, Subject, Value,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What a step returns: why the method is wrong, in one sentence.
pub(super) type Checked = Result<(), String>;

/// What is being called now, for the sentence about a call that never returns.
#[derive(Clone, Debug, Default)]
pub(super) struct Calling(Arc<Mutex<String>>);

impl Calling {
    pub(super) fn name(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, name: &str) {
        name.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A step's surroundings: the subject, and how long an answer may take.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) subject: Arc<dyn Subject>,
    pub(super) profile: Profile,
    pub(super) patience: Patience,
    pub(super) calling: Calling,
}

/// An open executor of one step.
pub(super) struct Stage {
    pub(super) house: Gatehouse,
    pub(super) executor: Arc<dyn AnyExecutor>,
    number: u32,
    scene: Scene,
}

impl Scene {
    /// Opens an executor with `workers` workers.
    pub(super) fn open(&self, workers: usize) -> Result<Stage, String> {
        self.open_with(|_| Config::workers(workers))
    }

    /// Opens an executor as `config` says, which may refer to the house.
    pub(super) fn open_with(&self, config: impl FnOnce(&Gatehouse) -> Config) -> Result<Stage, String> {
        let house = Gatehouse::new();
        house.listen().map_err(|error| error.to_string())?;
        self.calling.set("open");
        let opened = self.subject.open(&config(&house), &house);
        let (executor, number) = opened.map_err(|error| format!("`open` must succeed, but: {error}"))?;
        Ok(Stage { house, executor, number, scene: self.clone() })
    }
}

impl Stage {
    /// A probe for this executor.
    pub(super) fn probe(&self, label: u32, steps: Vec<Step>, value: Value) -> Probe {
        let house = self.house.local_address();
        Probe { label, house, executor: self.number, steps, value, canary: Canary::default() }
    }

    /// A probe whose release is noted.
    pub(super) fn watched(&self, label: u32) -> Probe {
        Probe { canary: Canary::new(self.house.local_address(), label), ..self.probe(label, vec![], Value::None) }
    }

    /// Makes the call `name`, which must not be answered with a fault.
    pub(super) fn call<T>(&self, name: &str, call: impl FnOnce() -> Result<T, Fault>) -> Result<T, String> {
        self.scene.calling.set(name);
        call().map_err(|fault| match fault {
            Fault::Unsupported => format!("`{name}` is declared, and answers that it is not offered"),
            fault => format!("`{name}` must be answered, but: {fault}"),
        })
    }

    pub(super) fn submit(&self, probe: Probe) -> Result<Arc<dyn AnyFuture>, String> {
        self.call("submit", || self.executor.submit(probe))
    }

    /// The outcome of a future, waited for without a limit.
    pub(super) fn result(&self, future: &Arc<dyn AnyFuture>) -> Result<Outcome<Value>, String> {
        self.call("result", || future.result(None))
    }

    /// The outcome of one probe.
    pub(super) fn outcome(&self, steps: Vec<Step>, value: Value) -> Result<Outcome<Value>, String> {
        let future = self.submit(self.probe(1, steps, value))?;
        self.result(&future)
    }

    /// A task that stands at a gate, surely started.
    pub(super) fn parked(&self, label: u32) -> Result<(Gate, Arc<dyn AnyFuture>), String> {
        let gate = self.house.gate();
        let future = self.submit(self.probe(label, vec![Step::Pass(gate.id())], Value::Int(label.into())))?;
        self.scene.calling.set("the step `pass`");
        if gate.await_arrivals(1, self.scene.patience) {
            Ok((gate, future))
        } else {
            Err(format!("task {label} was submitted and must arrive at its gate, but never did"))
        }
    }

    /// Waits until an event of this kind is in the history.
    pub(super) fn await_event(&self, what: &str, is: impl Fn(&Event) -> bool) -> Checked {
        self.scene.calling.set(what);
        let happened = |events: &[Event]| events.iter().any(&is);
        if self.house.history().wait_until(self.scene.patience, happened) {
            Ok(())
        } else {
            Err(format!("{what} must be noted in the house, and never is"))
        }
    }

    /// What bodies noted in words, in order.
    pub(super) fn notes(&self) -> Vec<String> {
        let noted = |event: Event| match event.moment {
            Moment::Noted(text) => Some(text),
            _ => None,
        };
        self.house.history().events().into_iter().filter_map(noted).collect()
    }
}

/// Says that `what` must be `wanted` if it is not.
pub(super) fn must_be<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Checked {
    if found == wanted { Ok(()) } else { Err(format!("{what} must be {wanted:?}, but is {found:?}")) }
}
