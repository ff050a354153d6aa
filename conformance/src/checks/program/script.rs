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
    /// Tasks that submit.
    pub(super) nested: bool,
    /// Maps that run ahead of their reader by a number of items only.
    pub(super) buffers: bool,
    /// Several threads that submit at once.
    pub(super) threads: bool,
    /// Tasks that kill their worker.
    pub(super) deaths: bool,
    /// Futures and executors that are dropped.
    pub(super) drops: bool,
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
    /// With its own label, after it submitted another task.
    Nested,
    /// With the death of its worker.
    Death,
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
    /// Opens every gate, and waits for some futures without a limit.
    Await(Vec<u8>, ReturnWhen),
    /// Maps.
    Map(MapOp),
    /// Several threads submit two tasks each; meanwhile the executor is shut down, or not.
    Threads(u8, Option<bool>),
    /// Shuts down, possibly cancelling; before one that waits every gate is opened.
    Shutdown(bool, bool),
    /// Drops a future.
    Forget(u8),
    /// Opens every gate, and drops the executor.
    Drop,
}

/// A map of a script.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapOp {
    /// How many items it has.
    pub(super) items: u8,
    /// In chunks of this size.
    pub(super) chunksize: Option<u8>,
    /// The item of this number fails.
    pub(super) failing: Option<u8>,
    /// How far it runs ahead of its reader.
    pub(super) buffersize: Option<u8>,
    /// Whether its limit is zero.
    pub(super) limited: bool,
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
    let sizes = prop_oneof![4 => Just(0), 4 => Just(1), 4 => Just(65_537), 2 => Just(1 << 20), 1 => Just(4 << 20)];
    let nested = if mix.nested { Ending::Nested } else { Ending::Label };
    let death = if mix.deaths { Ending::Death } else { Ending::Label };
    prop_oneof![
        6 => Just(Ending::Label),
        1 => sizes.prop_map(Ending::Payload),
        1 => Just(Ending::Error),
        1 => Just(failing),
        1 => Just(nested),
        2 => Just(death),
    ]
    .boxed()
}

fn ops(mix: Mix) -> BoxedStrategy<Op> {
    let gate = if mix.gates { prop::option::weighted(0.4, 0..GATES).boxed() } else { Just(None).boxed() };
    let some = || prop::collection::vec(any::<u8>(), 0..6);
    let when = || {
        prop_oneof![Just(ReturnWhen::FirstCompleted), Just(ReturnWhen::FirstException), Just(ReturnWhen::AllCompleted)]
    };
    let mut choices = vec![
        (8, (gate, endings(mix)).prop_map(|(gate, ending)| Op::Submit(gate, ending)).boxed()),
        (3, any::<u8>().prop_map(Op::Poll).boxed()),
    ];
    if mix.gates {
        choices.push((2, (0..GATES).prop_map(Op::Open).boxed()));
    }
    if mix.cancel {
        choices.push((5, any::<u8>().prop_map(Op::Cancel).boxed()));
    }
    if mix.callbacks {
        choices.push((2, any::<u8>().prop_map(Op::Callback).boxed()));
    }
    if mix.wait {
        choices.push((2, (some(), when()).prop_map(|(which, when)| Op::Wait(which, when)).boxed()));
        choices.push((1, (some(), when()).prop_map(|(which, when)| Op::Await(which, when)).boxed()));
    }
    if mix.completed {
        choices.push((2, some().prop_map(Op::Completed).boxed()));
    }
    if mix.map && mix.chunks {
        choices.push((6, maps(mix).prop_map(Op::Map).boxed()));
    }
    if mix.threads {
        let shutdown = if mix.shutdown { prop::option::of(any::<bool>()).boxed() } else { Just(None).boxed() };
        choices.push((1, (2..5_u8, shutdown).prop_map(|(threads, how)| Op::Threads(threads, how)).boxed()));
    }
    if mix.shutdown {
        let how = (prop::bool::weighted(0.25), prop::bool::weighted(0.25));
        choices.push((3, how.prop_map(|(wait, cancel)| Op::Shutdown(wait, cancel)).boxed()));
    }
    if mix.drops {
        choices.push((3, any::<u8>().prop_map(Op::Forget).boxed()));
        choices.push((1, Just(Op::Drop).boxed()));
    }
    prop::strategy::Union::new_weighted(choices).boxed()
}

fn maps(mix: Mix) -> BoxedStrategy<MapOp> {
    let sizes = prop::option::of(1..9_u8);
    let failing = prop::option::weighted(0.3, any::<u8>());
    let buffers = if mix.buffers { prop::option::weighted(0.3, 1..5_u8).boxed() } else { Just(None).boxed() };
    let map = (0..12_u8, sizes, failing, buffers, prop::bool::weighted(0.2));
    map.prop_map(|(items, chunksize, failing, buffersize, limited)| MapOp {
        items,
        chunksize,
        failing,
        buffersize,
        limited,
    })
    .boxed()
}

/// Scripts of up to twenty calls on one to eight workers.
pub(super) fn scripts(mix: Mix) -> impl Strategy<Value = Script> {
    (prop_oneof![3 => 1..5_usize, 1 => 5..9_usize], prop::collection::vec(ops(mix), 1..20))
        .prop_map(|(workers, ops)| Script { workers, ops })
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
            Self::Await(which, when) => write!(f, "open(all gates), wait({which:?}, {when:?})"),
            Self::Map(map) => write!(f, "{map}"),
            Self::Threads(threads, None) => write!(f, "submit(two tasks in each of {threads} threads)"),
            Self::Threads(threads, Some(cancel)) => {
                write!(f, "submit(two tasks in each of {threads} threads) beside shutdown(wait=False, ")?;
                write!(f, "cancel_futures={cancel})")
            }
            Self::Shutdown(wait, cancel) => {
                let gates = if *wait { "open(all gates), " } else { "" };
                write!(f, "{gates}shutdown(wait={wait}, cancel_futures={cancel})")
            }
            Self::Forget(which) => write!(f, "drop(#{which})"),
            Self::Drop => write!(f, "open(all gates), drop(executor)"),
        }
    }
}

impl fmt::Display for MapOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "map({} items", self.items)?;
        let sizes = [("chunksize", self.chunksize), ("buffersize", self.buffersize), ("failing item", self.failing)];
        for (name, size) in sizes {
            size.map_or(Ok(()), |size| write!(f, ", {name}={size}"))?;
        }
        if self.limited { write!(f, ", timeout=0)") } else { write!(f, ")") }
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
