//! The words of Poolproof.
//!
//! An *executor* takes tasks, runs them on threads, processes or machines, and hands results back.
//! This crate says what that means in types, and knows no executor and no requirement:
//!
//! * [`Task`], [`Executor`], [`Future`]: what a native executor implements, generic and
//!   statically dispatched, so that benchmarks measure nothing but the executor;
//! * [`Spawn`] and [`Supplied`]: a pool that can only run a closure, completed by the harness;
//! * [`Subject`], [`AnyExecutor`], [`AnyFuture`]: the same executors erased, over the small
//!   vocabulary of [`Probe`] tasks that checks are written in, whatever language they run in;
//! * [`Profile`]: the policies on which executors legitimately differ;
//! * [`Gatehouse`]: gates at which tasks stop until a check opens them, in memory and across
//!   processes, and the [`History`] of what happened;
//! * [`Verdict`] and [`record`]: what a check concludes, and how it is written down.

mod cell;
mod clock;
mod combine;
mod contain;
mod crossing;
mod erase;
mod executor;
mod failure;
pub mod fences;
mod future;
mod gate;
mod handover;
mod history;
mod in_flight;
mod interpreter;
mod map;
mod parts;
mod peer;
mod probe;
mod profile;
mod promise;
pub mod record;
mod reentry;
mod round;
pub mod schedule;
mod search;
mod shape;
mod spawn;
mod stacks;
mod stamps;
mod subject;
mod task;
mod verdict;
pub mod visible;
mod work;
mod worker;

pub use cell::Callbacks;
pub use clock::{Deadline, Patience, now_ns};
pub use combine::{AsCompleted, ReturnWhen, Waited, as_completed, wait};
pub use contain::contain;
pub use crossing::{GUEST_RELEASED, Guest, Held};
pub use erase::{Erased, NativeSubject};
pub use executor::{Executor, Shutdown};
pub use failure::{Failure, Fault, Outcome, Raised, Refused, SetupError, TimedOut, Unsupported};
pub use future::{Future, State, WatchId, Watcher};
pub use gate::{Gate, GateId, Gatehouse, HouseAddress, Witness};
pub use handover::{hand_down, handed_down, handover};
pub use history::{Actor, Event, History, Moment};
pub use in_flight::{InFlight, Numbered, Ticket};
pub use interpreter::{InterpreterLock, blocking, checkpoint, with_interpreter};
pub use map::{MapOptions, MapResults, buffered_map, submit_map};
pub use peer::peer_is_me;
pub use probe::{Brittle, Canary, Death, Failing, PayloadBytes, Probe, Step, Stubborn, Value};
pub use profile::{
    CancelPolicy, Capability, DropPolicy, Kind, NestedPolicy, Profile, QueuePolicy, StartOrder, Support,
    WorkerLossPolicy, WorkerStart,
};
pub use promise::{Attendant, CellFuture, Promise, PromiseId};
pub use reentry::{set_worker_arguments, worker_arguments};
pub use round::{ALL_SUBMITTED, BURST, Contender, Dispatch, Life, NativeContender, Round, RoundError, RoundSpec};
pub use search::{found_more, search, search_for_next, search_longer};
pub use shape::Shape;
pub use spawn::{Job, Spawn, Supplied, run_caught};
pub use stacks::{STACKS_VARIABLE, ThreadStack, ask_for_stacks, leave_stacks_on_request};
pub use stamps::{StampedWork, Stamps};
pub use subject::{
    AnyCompleted, AnyExecutor, AnyFuture, AnyMap, AnyWaited, Callback, Config, Description, Input, OpenError, Subject,
    run_initialiser,
};
pub use task::{Payload, Task};
pub use verdict::{Level, Verdict};
pub use work::{Work, Workload, adopt_spin_calibration, calibrate_spin};
pub use worker::ExecutorId;
