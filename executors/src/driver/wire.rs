//! The messages of the driver protocol, as serde writes them; `executors/PROTOCOL.md` explains each.

use poolproof_harness::{
    Fault, HouseAddress, Input, MapOptions, Probe, Profile, Raised, Refused, ReturnWhen, RoundSpec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The version of the protocol that this program speaks.
pub const PROTOCOL: u32 = 1;

/// The longest line, either way, its end included.
pub const LONGEST_LINE: usize = 1 << 24;

/// A request: who calls, and what.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub(super) id: u64,
    pub(super) lane: usize,
    #[serde(flatten)]
    pub(super) call: &'a Call,
}

/// What the driver is asked to do. Handles are chosen by the host and never used twice.
#[derive(Debug, Serialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(super) enum Call {
    Hello {
        protocol: u32,
        subject: String,
        options: BTreeMap<String, String>,
    },
    Open {
        executor: u64,
        house: HouseAddress,
        number: u32,
        workers: usize,
        initialiser: Option<Value>,
        max_tasks_per_worker: Option<usize>,
    },
    Submit {
        executor: u64,
        future: u64,
        probe: Value,
    },
    Result {
        future: u64,
        timeout_us: Option<u64>,
    },
    Exception {
        future: u64,
        timeout_us: Option<u64>,
    },
    State {
        future: u64,
    },
    Cancel {
        future: u64,
    },
    OnDone {
        future: u64,
        probe: Value,
    },
    Wait {
        executor: u64,
        futures: Vec<u64>,
        when: ReturnWhen,
        timeout_us: Option<u64>,
    },
    AsCompleted {
        executor: u64,
        completed: u64,
        futures: Vec<u64>,
        timeout_us: Option<u64>,
    },
    CompletedNext {
        completed: u64,
    },
    Map {
        executor: u64,
        map: u64,
        input: Value,
        options: WireMapOptions,
    },
    MapNext {
        map: u64,
    },
    Shutdown {
        executor: u64,
        wait: bool,
        cancel_futures: bool,
    },
    Drop {
        handle: u64,
    },
    Round {
        executor: u64,
        spec: RoundSpec,
    },
    Bye,
}

impl Call {
    /// The name of the call, for messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Open { .. } => "open",
            Self::Submit { .. } => "submit",
            Self::Result { .. } => "result",
            Self::Exception { .. } => "exception",
            Self::State { .. } => "state",
            Self::Cancel { .. } => "cancel",
            Self::OnDone { .. } => "on_done",
            Self::Wait { .. } => "wait",
            Self::AsCompleted { .. } => "as_completed",
            Self::CompletedNext { .. } => "completed_next",
            Self::Map { .. } => "map",
            Self::MapNext { .. } => "map_next",
            Self::Shutdown { .. } => "shutdown",
            Self::Drop { .. } => "drop",
            Self::Round { .. } => "round",
            Self::Bye => "bye",
        }
    }
}

/// [`MapOptions`] with its limit in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct WireMapOptions {
    timeout_us: Option<u64>,
    chunksize: Option<usize>,
    buffersize: Option<usize>,
}

impl From<MapOptions> for WireMapOptions {
    fn from(options: MapOptions) -> Self {
        Self { timeout_us: micros(options.timeout), chunksize: options.chunksize, buffersize: options.buffersize }
    }
}

/// A limit in whole microseconds, rounded up so that it never passes early.
pub(super) fn micros(limit: Option<Duration>) -> Option<u64> {
    limit.map(|limit| u64::try_from(limit.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX))
}

/// A probe as JSON. The driver watches over the release of what it carries; ours says nothing.
pub(super) fn described(mut probe: Probe) -> Value {
    let description = serde_json::to_value(&probe).unwrap_or_default();
    probe.disarm();
    description
}

/// The input of a map as JSON.
pub(super) fn described_input(mut input: Input) -> Value {
    let description = serde_json::to_value(&input).unwrap_or_default();
    input.probes.iter_mut().for_each(Probe::disarm);
    description
}

/// The answer to `hello`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: u32,
    pub(super) language: String,
    pub(super) version: String,
    pub(super) versions: String,
    pub(super) profile: Profile,
}

/// Why a call has no answer.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireFault {
    Refused(Refused),
    TimedOut,
    Unsupported,
    Raised(Raised),
    Setup(String),
    NotInstalled { what: String, install: String },
    Wrong(String),
    Driver(String),
}

impl From<WireFault> for Fault {
    fn from(fault: WireFault) -> Self {
        match fault {
            WireFault::Refused(refused) => Self::Refused(refused),
            WireFault::TimedOut => Self::TimedOut,
            WireFault::Unsupported => Self::Unsupported,
            WireFault::Raised(raised) => Self::Raised(raised),
            WireFault::Setup(reason) | WireFault::Wrong(reason) | WireFault::Driver(reason) => Self::Driver(reason),
            WireFault::NotInstalled { what, install } => Self::Driver(format!("{what} is not installed: {install}")),
        }
    }
}
