//! Probes: the small vocabulary of tasks that checks are written in.
//!
//! A probe is plain data, so the same check drives a thread executor, a process executor and an
//! executor in another language. Every probe notes its start and its end in the history, runs its
//! steps in between and returns its value.

use crate::schedule::{self, Boundary};
use crate::{
    Actor, GateId, Guest, Held, HouseAddress, Moment, Raised, Shutdown, Task, Witness, blocking, checkpoint, now_ns,
};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// What a probe carries to the worker and returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Nothing (Python's `None`, Rust's `()`).
    None,
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Many bytes; they really cross the border of a process.
    Payload(PayloadBytes),
    /// An error delivered as a value, not as a failure.
    ErrorValue(Raised),
    /// Asks for the identity of the worker, which comes back as [`Value::Identity`].
    WhoAmI,
    /// The worker that ran the task.
    Identity {
        /// Its process.
        pid: u32,
        /// Its thread, as the operating system numbers threads.
        tid: u64,
    },
    /// A value that cannot be serialised: the task cannot leave the process.
    Unserialisable(Stubborn),
    /// A value that arrives, and returns as one that cannot be serialised.
    UnserialisableReply,
    /// A value that serialises and cannot be rebuilt in the worker.
    Unrebuildable(Brittle),
    /// A value that arrives, and returns as one that cannot be rebuilt by the submitter.
    UnrebuildableReply,
    /// A value that arrives, and returns as one that stops at this gate while the submitter rebuilds it.
    HeldReply(GateId),
    /// A value that stopped at a gate while it was rebuilt.
    Held(Held),
    /// Asks for the task's own canary, which comes back as [`Value::Canary`].
    CanaryReply,
    /// A guest of the process that it is sent to.
    Guest(Guest),
    /// A result that notes when the process that submitted its task releases it.
    Canary(Canary),
}

/// `len` bytes that repeat the eight bytes of `seed`.
///
/// In a human-readable format only the two numbers are written; in a binary one the bytes
/// themselves, which are compared with the seed when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadBytes {
    /// How many bytes.
    pub len: usize,
    /// What they repeat.
    pub seed: u64,
}

impl PayloadBytes {
    fn bytes(self) -> Vec<u8> {
        let mut bytes = self.seed.to_le_bytes().repeat(self.len.div_ceil(8));
        bytes.truncate(self.len);
        bytes
    }
}

impl Serialize for PayloadBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            (self.len, self.seed).serialize(serializer)
        } else {
            (self.seed, Bytes(self.bytes())).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for PayloadBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let (len, seed) = Deserialize::deserialize(deserializer)?;
            Ok(Self { len, seed })
        } else {
            let (seed, Bytes(bytes)) = Deserialize::deserialize(deserializer)?;
            let payload = Self { len: bytes.len(), seed };
            if payload.bytes() == bytes { Ok(payload) } else { Err(D::Error::custom("the payload was damaged")) }
        }
    }
}

/// Bytes that formats may copy in one piece, where a vector is written number by number.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Reader)
    }
}

/// Refuses to be serialised in a binary format. (A human-readable one only describes the task to
/// a driver, which builds its own stubborn value.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_unit()
        } else {
            Err(S::Error::custom("a stubborn value cannot be serialised"))
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self)
    }
}

/// Serialises, and refuses to be rebuilt from a binary format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Brittle;

impl<'de> Deserialize<'de> for Brittle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            <()>::deserialize(deserializer).map(|()| Self)
        } else {
            Err(D::Error::custom("a brittle value cannot be rebuilt"))
        }
    }
}

/// How a probe fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failing {
    /// An ordinary error, `ProbeError`.
    Error,
    /// A panic with a text. Languages without panics raise an ordinary error.
    Panic,
    /// A panic whose payload is not text and panics again when dropped.
    PanicPayload,
    /// An error whose truth value is false.
    Falsy,
    /// The error that asks the process to exit (`SystemExit`).
    Exit,
    /// The error that stands for an interrupt from the keyboard (`KeyboardInterrupt`).
    Interrupt,
    /// The error that ends an iteration (`StopIteration`).
    StopIteration,
    /// The API's own time-out error, raised by the task itself.
    Timeout,
    /// The API's own cancellation error, raised by the task itself.
    Cancelled,
    /// An error that cannot be serialised.
    Unserialisable,
    /// An error that serialises and cannot be rebuilt by the submitter.
    Unrebuildable,
}

impl Failing {
    /// The kind of the [`Raised`] that a task of ours reports for it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Error | Self::Panic | Self::PanicPayload => "ProbeError",
            Self::Falsy => "FalsyError",
            Self::Exit => "SystemExit",
            Self::Interrupt => "KeyboardInterrupt",
            Self::StopIteration => "StopIteration",
            Self::Timeout => "TimeoutError",
            Self::Cancelled => "CancelledError",
            Self::Unserialisable => "UnserialisableError",
            Self::Unrebuildable => "UnrebuildableError",
        }
    }
}

/// How a probe ends its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// Leaves the process at once with this code, without clean-up.
    Exit(i32),
    /// Aborts.
    Abort,
    /// Is killed by a signal that cannot be caught.
    Kill,
}

/// One step of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Says something in the history.
    Note(String),
    /// Stops at a gate until it is open.
    Pass(GateId),
    /// Blocks for this many microseconds; only experiments use it, never a check.
    Sleep(u64),
    /// Computes for this many microseconds of wall time; only experiments use it.
    Spin(u64),
    /// Fails; the steps after it are not reached.
    Fail(Failing),
    /// Ends the worker.
    Die(Death),
    /// Submits to the executor that runs this, and notes `submitted` or `refused`.
    Submit(Box<Probe>),
    /// Submits to the executor that runs this, waits for it, and notes what came of it.
    SubmitAndWait(Box<Probe>),
    /// In a callback: registers another one with the future that calls back, and notes when that
    /// returned.
    OnDone(Box<Probe>),
    /// Shuts the executor that runs this down, and notes when that returned.
    Shutdown(Shutdown),
}

/// A task of a check; see the module's description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its name in the history.
    pub label: u32,
    /// Where its gates and its history are.
    pub house: HouseAddress,
    /// The number under which the house knows the executor that runs it.
    pub executor: u32,
    /// What it does.
    pub steps: Vec<Step>,
    /// What it carries and returns.
    pub value: Value,
    /// Whether the release of what it carries is noted, in the process that submitted it.
    pub canary: Canary,
}

impl Task for Probe {
    const NAME: &'static str = "probe";
    type Output = Value;

    fn run(self) -> Result<Value, Raised> {
        let actor = Actor::Task(self.label);
        self.run_as(actor)
    }
}

impl Probe {
    /// Disarms its canary and those of the probes that it submits.
    pub fn disarm(&mut self) {
        self.canary.disarm();
        for step in &mut self.steps {
            if let Step::Submit(probe) | Step::SubmitAndWait(probe) | Step::OnDone(probe) = step {
                probe.disarm();
            }
        }
    }

    /// A probe that does nothing and tells nobody.
    #[must_use]
    pub fn idle() -> Self {
        Self {
            label: 0,
            house: HouseAddress::default(),
            executor: 0,
            steps: Vec::new(),
            value: Value::None,
            canary: Canary::default(),
        }
    }

    /// Runs the probe as `actor`: a task, a callback or an initialiser.
    ///
    /// # Errors
    ///
    /// What its [`Step::Fail`] says.
    ///
    /// # Panics
    ///
    /// If one of its steps is a panic.
    pub fn run_as(self, actor: Actor) -> Result<Value, Raised> {
        schedule::at(Boundary::TaskStart);
        let witness = Witness::connect(&self.house, actor);
        witness.note(Moment::Started);
        for step in self.steps {
            perform(step, self.executor, &witness)?;
        }
        witness.note(Moment::Finished);
        schedule::at(Boundary::TaskEnd);
        Ok(match self.value {
            Value::WhoAmI => identity(),
            Value::UnserialisableReply => Value::Unserialisable(Stubborn),
            Value::UnrebuildableReply => Value::Unrebuildable(Brittle),
            Value::HeldReply(gate) => Value::Held(Held::new(self.house, self.label, gate)),
            Value::CanaryReply => Value::Canary(self.canary),
            value => value,
        })
    }
}

fn perform(step: Step, executor: u32, witness: &Witness) -> Result<(), Raised> {
    match step {
        Step::Note(text) => witness.note(Moment::Noted(text)),
        Step::Pass(gate) => witness.pass(gate),
        Step::Sleep(micros) => blocking(|| std::thread::sleep(Duration::from_micros(micros))),
        Step::Spin(micros) => {
            let end = now_ns() + micros * 1_000;
            while now_ns() < end {
                checkpoint();
                std::hint::spin_loop();
            }
        }
        Step::Fail(failing) => return Err(fail(failing, witness)),
        Step::Die(death) => die(death),
        Step::Submit(probe) => {
            let Some(executor) = witness.executor(executor) else {
                witness.note(Moment::Noted("the executor is gone".into()));
                return Ok(());
            };
            let label = probe.label;
            let note = match executor.submit(*probe) {
                Ok(future) => {
                    witness.keep(future);
                    format!("submitted {label}")
                }
                Err(fault) => format!("refused {label}: {fault}"),
            };
            witness.note(Moment::Noted(note));
        }
        Step::SubmitAndWait(probe) => {
            let Some(executor) = witness.executor(executor) else {
                witness.note(Moment::Noted("the executor is gone".into()));
                return Ok(());
            };
            let label = probe.label;
            let future = executor.submit(*probe);
            drop(executor);
            let note = match future.and_then(|future| blocking(|| future.result(None))) {
                Ok(outcome) => {
                    format!("child {label}: {}", outcome.map_or_else(|e| e.to_string(), |v| format!("{v:?}")))
                }
                Err(fault) => format!("child {label}: {fault}"),
            };
            witness.note(Moment::Noted(note));
        }
        Step::OnDone(callback) => {
            let label = callback.label;
            let note = match witness.future().map(|future| future.on_done(*callback)) {
                Some(Ok(())) => format!("registered {label}"),
                Some(Err(fault)) => format!("not registered {label}: {fault}"),
                None => "the future is gone".to_owned(),
            };
            witness.note(Moment::Noted(note));
        }
        Step::Shutdown(how) => {
            let note = match witness.executor(executor).map(|executor| blocking(|| executor.shutdown(how))) {
                Some(Ok(())) => "shutdown returned".to_owned(),
                Some(Err(fault)) => format!("shutdown refused: {fault}"),
                None => "the executor is gone".to_owned(),
            };
            witness.note(Moment::Noted(note));
        }
    }
    Ok(())
}

fn fail(failing: Failing, witness: &Witness) -> Raised {
    witness.note(Moment::Finished);
    match failing {
        Failing::Panic => panic!("probe panics on purpose"),
        Failing::PanicPayload => std::panic::panic_any(PanicsWhenDropped),
        other => Raised::new(other.kind(), "probe fails on purpose"),
    }
}

/// A panic payload that panics once more when it is dropped.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the payload of a panic panics when dropped, on purpose");
        }
    }
}

fn die(death: Death) {
    match death {
        // SAFETY: _exit ends the process without running anything else of it; that is the point.
        #[allow(unsafe_code)]
        Death::Exit(code) => unsafe { libc::_exit(code) },
        Death::Abort => std::process::abort(),
        // SAFETY: kill with the own process id and a valid signal has no memory effects.
        #[allow(unsafe_code)]
        Death::Kill => unsafe {
            libc::kill(libc::getpid(), libc::SIGKILL);
        },
    }
}

fn identity() -> Value {
    // SAFETY: gettid takes no arguments and cannot fail.
    #[allow(unsafe_code)]
    let tid = unsafe { libc::gettid() };
    Value::Identity { pid: std::process::id(), tid: u64::try_from(tid).unwrap_or(0) }
}

/// Notes in the history when the process that submitted a probe releases it.
///
/// Only the original counts: copies that were cloned or rebuilt elsewhere say nothing.
#[derive(Debug, Default)]
pub struct Canary {
    home: Option<(HouseAddress, u32)>,
}

impl Canary {
    /// A canary that notes [`Moment::Released`] for the task `label`.
    #[must_use]
    pub fn new(house: HouseAddress, label: u32) -> Self {
        Self { home: Some((house, label)) }
    }

    /// Takes the watch away: whoever the probe was described to watches over its own copy.
    pub fn disarm(&mut self) {
        self.home = None;
    }

    /// Whether it will note anything.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.home.is_some()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        if let Some((house, label)) = self.home.take() {
            Witness::connect(&house, Actor::Task(label)).note(Moment::Released);
        }
    }
}

impl Clone for Canary {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Canary {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Canary {}

impl Serialize for Canary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.is_set().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Canary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(|_| Self::default())
    }
}
