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
        /// What a driver of the same subject answered before.
        #[serde(skip_serializing_if = "Option::is_none")]
        known: Option<Value>,
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
    Await {
        future: u64,
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
    Complete {
        future: u64,
        value: Value,
    },
    ErrorWeight {
        future: u64,
    },
    Exhaust {
        executor: u64,
        exhausted: bool,
    },
    SubmitInterrupted {
        executor: u64,
        times: usize,
    },
    EndProgram,
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
            Self::Await { .. } => "await",
            Self::Wait { .. } => "wait",
            Self::AsCompleted { .. } => "as_completed",
            Self::CompletedNext { .. } => "completed_next",
            Self::Map { .. } => "map",
            Self::MapNext { .. } => "map_next",
            Self::Shutdown { .. } => "shutdown",
            Self::Drop { .. } => "drop",
            Self::Round { .. } => "round",
            Self::Complete { .. } => "complete",
            Self::ErrorWeight { .. } => "error_weight",
            Self::Exhaust { .. } => "exhaust",
            Self::SubmitInterrupted { .. } => "submit_interrupted",
            Self::EndProgram => "end_program",
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: u32,
    pub(super) language: String,
    pub(super) version: String,
    pub(super) versions: String,
    pub(super) profile: Profile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) check_seconds: Option<u32>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::{Canary, Dispatch, Failing, Step, Workload};

    fn probe(label: u32, steps: Vec<Step>, value: poolproof_harness::Value) -> Probe {
        Probe { label, house: house(), executor: 1, steps, value, canary: Canary::default() }
    }

    fn house() -> HouseAddress {
        HouseAddress { pid: 4242, key: 1, path: "/tmp/poolproof-gates-x/gates".into() }
    }

    /// Every call, as `PROTOCOL.md` shows it.
    fn calls() -> Vec<(u64, Call)> {
        let none = || poolproof_harness::Value::None;
        let (executor, future, timeout_us) = (2, 4, None);
        let input =
            Input { probes: vec![probe(3, vec![Step::Fail(Failing::Error)], none())], fails_at: None, house: house() };
        let greeting = probe(1, vec![Step::Note("hello".into())], poolproof_harness::Value::Int(7));
        let spec = RoundSpec { workload: Workload::Empty, tasks: 2, dispatch: Dispatch::OneByOne, port: 0 };
        let opened = Call::Open {
            executor,
            house: house(),
            number: 1,
            workers: 1,
            initialiser: None,
            max_tasks_per_worker: None,
        };
        vec![
            (1, Call::Hello { protocol: PROTOCOL, subject: "thread".into(), options: BTreeMap::new(), known: None }),
            (3, opened),
            (5, Call::Submit { executor, future, probe: described(greeting) }),
            (6, Call::Result { future, timeout_us }),
            (7, Call::Await { future }),
            (8, Call::Complete { future, value: serde_json::json!({"int": 8}) }),
            (9, Call::ErrorWeight { future }),
            (10, Call::Exhaust { executor, exhausted: false }),
            (11, Call::SubmitInterrupted { executor, times: 0 }),
            (12, Call::Exception { future, timeout_us: micros(Some(Duration::from_secs(1))) }),
            (13, Call::State { future }),
            (14, Call::Cancel { future }),
            (15, Call::OnDone { future, probe: described(probe(2, vec![], none())) }),
            (16, Call::Wait { executor, futures: vec![4, 4], when: ReturnWhen::AllCompleted, timeout_us }),
            (18, Call::AsCompleted { executor, completed: 17, futures: vec![4], timeout_us }),
            (19, Call::CompletedNext { completed: 17 }),
            (20, Call::CompletedNext { completed: 17 }),
            (22, Call::Map { executor, map: 21, input: described_input(input), options: MapOptions::default().into() }),
            (23, Call::MapNext { map: 21 }),
            (24, Call::MapNext { map: 21 }),
            (25, Call::Round { executor, spec }),
            (26, Call::Shutdown { executor, wait: true, cancel_futures: false }),
            (28, Call::Submit { executor, future: 27, probe: described(probe(4, vec![], none())) }),
            (29, Call::Drop { handle: 4 }),
            (30, Call::State { future }),
            (31, Call::Bye),
        ]
    }

    #[test]
    fn requests_are_written_as_the_protocol_shows() {
        let shown = include_str!("../../PROTOCOL.md").lines().filter_map(|line| line.strip_prefix("> "));
        let calls = calls();
        assert_eq!(shown.clone().count(), calls.len());
        for (shown, (id, call)) in shown.zip(&calls) {
            let shown: Value = serde_json::from_str(shown).unwrap();
            let written = serde_json::to_value(Request { id: *id, lane: 0, call }).unwrap();
            assert_eq!(written, shown);
            assert_eq!(written["call"], call.name());
        }
    }

    #[test]
    fn limits_are_rounded_up() {
        assert_eq!(micros(Some(Duration::from_nanos(1))), Some(1));
        assert_eq!(micros(Some(Duration::ZERO)), Some(0));
        assert_eq!(micros(Some(Duration::MAX)), Some(u64::MAX));
        assert_eq!(micros(None), None);
    }

    #[test]
    fn every_fault_of_the_protocol_is_understood() {
        let understood = |text: &str| serde_json::from_str::<WireFault>(text).unwrap();
        assert_eq!(understood("\"timed_out\""), WireFault::TimedOut);
        assert_eq!(understood("\"unsupported\""), WireFault::Unsupported);
        assert_eq!(understood(r#"{"refused":"shutdown"}"#), WireFault::Refused(Refused::Shutdown));
        assert_eq!(understood(r#"{"refused":"full"}"#), WireFault::Refused(Refused::Full));
        assert_eq!(understood(r#"{"refused":{"broken":"why"}}"#), WireFault::Refused(Refused::Broken("why".into())));
        let raised = Raised::new("A", "b");
        let other = r#"{"refused":{"other":{"kind":"A","message":"b"}}}"#;
        assert_eq!(understood(other), WireFault::Refused(Refused::Other(raised.clone())));
        assert_eq!(understood(r#"{"raised":{"kind":"A","message":"b"}}"#), WireFault::Raised(raised));
        assert_eq!(understood(r#"{"setup":"why"}"#), WireFault::Setup("why".into()));
        assert_eq!(understood(r#"{"wrong":"why"}"#), WireFault::Wrong("why".into()));
        assert_eq!(understood(r#"{"driver":"why"}"#), WireFault::Driver("why".into()));
        let missing = WireFault::NotInstalled { what: "it".into(), install: "get it".into() };
        assert_eq!(understood(r#"{"not_installed":{"what":"it","install":"get it"}}"#), missing);
    }
}
