//! Scripts: what a program calls, in which order.

use poolproof_harness::ReturnWhen;
use proptest::prelude::*;
use std::fmt;

/// What scripts may contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    /// Tasks that stop at gates.
    pub(super) gates: bool,
    /// Cancel.
    pub(super) cancel: bool,
    /// Callbacks.
    pub(super) callbacks: bool,
    /// `wait`.
    pub(super) wait: bool,
    /// `as_completed`.
    pub(super) completed: bool,
    /// Tasks that panic.
    pub(super) panics: bool,
    /// Maps.
    pub(super) map: bool,
    /// Chunksizes, in maps.
    pub(super) chunks: bool,
    /// Shutdown in the middle.
    pub(super) shutdown: bool,
}

/// How a task of a script ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With its own label.
    Label,
    /// With this many bytes.
    Payload(usize),
    /// With an error.
    Error,
    /// With a panic.
    Panic,
}

/// One call of a script. Numbers name earlier submits, modulo how many there are.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Submits a task that stops at a gate, if it has one, and ends so.
    Submit(Option<u8>, Ending),
    /// Opens a gate.
    Open(u8),
    /// Cancels a future.
    Cancel(u8),
    /// `result` with a limit of zero.
    Poll(u8),
    /// Registers a callback.
    Callback(u8),
    /// `wait` for some futures with a limit of zero.
    Wait(Vec<u8>, ReturnWhen),
    /// `as_completed` for some futures with a limit of zero, to its end.
    Completed(Vec<u8>),
    /// Maps over this many items, in chunks of that size; the item of the last number fails.
    Map(u8, Option<u8>, Option<u8>),
    /// Shuts down without waiting, possibly cancelling.
    Shutdown(bool),
}

/// A program of calls.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// How many workers the executor has.
    pub(super) workers: usize,
    /// What is called.
    pub(super) ops: Vec<Op>,
}

/// How many gates a script has.
pub(super) const GATES: u8 = 3;

fn endings(mix: Mix) -> BoxedStrategy<Ending> {
    let failing = if mix.panics { Ending::Panic } else { Ending::Error };
    prop_oneof![
        6 => Just(Ending::Label),
        1 => prop_oneof![Just(0), Just(1), Just(65_537), Just(1 << 20)].prop_map(Ending::Payload),
        1 => Just(Ending::Error),
        1 => Just(failing),
    ]
    .boxed()
}

fn ops(mix: Mix) -> BoxedStrategy<Op> {
    let gate = if mix.gates { prop::option::weighted(0.4, 0..GATES).boxed() } else { Just(None).boxed() };
    let some = || prop::collection::vec(any::<u8>(), 0..6);
    let when =
        prop_oneof![Just(ReturnWhen::FirstCompleted), Just(ReturnWhen::FirstException), Just(ReturnWhen::AllCompleted)];
    let mut choices = vec![
        (8, (gate, endings(mix)).prop_map(|(gate, ending)| Op::Submit(gate, ending)).boxed()),
        (3, any::<u8>().prop_map(Op::Poll).boxed()),
    ];
    if mix.gates {
        choices.push((2, (0..GATES).prop_map(Op::Open).boxed()));
    }
    if mix.cancel {
        choices.push((3, any::<u8>().prop_map(Op::Cancel).boxed()));
    }
    if mix.callbacks {
        choices.push((2, any::<u8>().prop_map(Op::Callback).boxed()));
    }
    if mix.wait {
        choices.push((2, (some(), when).prop_map(|(which, when)| Op::Wait(which, when)).boxed()));
    }
    if mix.completed {
        choices.push((2, some().prop_map(Op::Completed).boxed()));
    }
    if mix.map && mix.chunks {
        let sizes = prop::option::of(1..9_u8);
        let failing = prop::option::weighted(0.3, any::<u8>());
        let map = (0..12_u8, sizes, failing).prop_map(|(items, size, failing)| Op::Map(items, size, failing));
        choices.push((6, map.boxed()));
    }
    if mix.shutdown {
        choices.push((1, any::<bool>().prop_map(Op::Shutdown).boxed()));
    }
    prop::strategy::Union::new_weighted(choices).boxed()
}

/// Scripts of up to twenty calls on one to four workers.
pub(super) fn scripts(mix: Mix) -> impl Strategy<Value = Script> {
    (1..5_usize, prop::collection::vec(ops(mix), 1..20)).prop_map(|(workers, ops)| Script { workers, ops })
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(None, ending) => write!(f, "submit({ending:?})"),
            Self::Submit(Some(gate), ending) => write!(f, "submit({ending:?} after gate {gate})"),
            Self::Open(gate) => write!(f, "open(gate {gate})"),
            Self::Cancel(which) => write!(f, "cancel(#{which})"),
            Self::Poll(which) => write!(f, "result(#{which}, timeout=0)"),
            Self::Callback(which) => write!(f, "add_done_callback(#{which})"),
            Self::Wait(which, when) => write!(f, "wait({which:?}, {when:?}, timeout=0)"),
            Self::Completed(which) => write!(f, "as_completed({which:?}, timeout=0)"),
            Self::Map(items, size, failing) => {
                write!(f, "map({items} items, chunksize={size:?}, failing item={failing:?})")
            }
            Self::Shutdown(cancel) => write!(f, "shutdown(wait=False, cancel_futures={cancel})"),
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} workers: ", self.workers)?;
        for (position, op) in self.ops.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{op}")?;
        }
        Ok(())
    }
}
