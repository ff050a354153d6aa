//! The history: what happened in one trial, in order, with the time of each event.

use crate::{Patience, now_ns};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The check itself.
    Check,
    /// The task with this label.
    Task(u32),
    /// The callback with this label.
    Callback(u32),
    /// The initialiser of a worker.
    Initialiser,
    /// The input of a map.
    Input,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check => f.write_str("check"),
            Self::Task(label) => write!(f, "task {label}"),
            Self::Callback(label) => write!(f, "callback {label}"),
            Self::Initialiser => f.write_str("initialiser"),
            Self::Input => f.write_str("input"),
        }
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The check called an operation of the executor.
    Called(String),
    /// The operation returned, with this.
    Returned(String),
    /// A body began.
    Started,
    /// A body ended.
    Finished,
    /// A body reached a gate.
    Arrived(u32),
    /// A body went through a gate.
    Passed(u32),
    /// A gate was opened.
    Opened(u32),
    /// The input of a map was asked for this item.
    Pulled(usize),
    /// The value that a task carried was released in the process that submitted it.
    Released,
    /// A body said this.
    Noted(String),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Called(what) => write!(f, "calls {what}"),
            Self::Returned(what) => write!(f, "gets {what}"),
            Self::Started => f.write_str("starts"),
            Self::Finished => f.write_str("ends"),
            Self::Arrived(gate) => write!(f, "waits at gate {gate}"),
            Self::Passed(gate) => write!(f, "passes gate {gate}"),
            Self::Opened(gate) => write!(f, "opens gate {gate}"),
            Self::Pulled(item) => write!(f, "gives item {item}"),
            Self::Released => f.write_str("is released"),
            Self::Noted(text) => write!(f, "notes {text}"),
        }
    }
}

/// One entry of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Time on the monotonic clock, in nanoseconds, taken where it happened.
    pub at_ns: u64,
    /// Who.
    pub actor: Actor,
    /// What.
    pub moment: Moment,
    /// The process in which it happened.
    pub pid: u32,
    /// The thread in which it happened, as the operating system numbers threads.
    pub tid: u64,
}

impl Event {
    /// An event of this thread, now.
    #[must_use]
    pub fn here(actor: Actor, moment: Moment) -> Self {
        Self { at_ns: now_ns(), actor, moment, pid: std::process::id(), tid: thread_id() }
    }
}

/// The number of the calling thread.
fn thread_id() -> u64 {
    // SAFETY: gettid takes no arguments and cannot fail.
    #[allow(unsafe_code)]
    let tid = unsafe { libc::gettid() };
    u64::try_from(tid).unwrap_or(0)
}

type Sink = Box<dyn Fn(&Event) + Send>;

#[derive(Default)]
struct Log {
    events: Vec<Event>,
    sink: Option<Sink>,
}

/// The shared, append-only record of one trial. Cloning shares it.
#[derive(Clone, Default)]
pub struct History {
    log: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    grown: Condvar,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("events", &self.lock().events.len()).finish()
    }
}

impl History {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes every later event to `sink` as it is recorded, so that it survives this process.
    pub fn stream_to(&self, sink: impl Fn(&Event) + Send + 'static) {
        self.lock().sink = Some(Box::new(sink));
    }

    /// Appends an event.
    pub fn record(&self, event: Event) {
        let mut log = self.lock();
        if let Some(sink) = &log.sink {
            sink(&event);
        }
        log.events.push(event);
        drop(log);
        self.log.grown.notify_all();
    }

    /// Waits until `holds` of the events so far; `false` when the patience ran out.
    #[must_use]
    pub fn wait_until(&self, patience: Patience, holds: impl Fn(&[Event]) -> bool) -> bool {
        let mut deadline = patience.start();
        let mut log = self.lock();
        while !holds(&log.events) {
            let Some(slice) = deadline.next_slice() else { return false };
            // What happens meanwhile wakes this wait, and does not use up its slice.
            let still = |log: &mut Log| !holds(&log.events);
            log = self.log.grown.wait_timeout_while(log, slice, still).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Everything recorded so far, in the order of recording.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// How many events were recorded so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Whether nothing was recorded so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was recorded after the first `count` events.
    #[must_use]
    pub fn since(&self, count: usize) -> Vec<Event> {
        self.lock().events.get(count..).unwrap_or_default().to_vec()
    }

    /// How many events satisfy `is`.
    #[must_use]
    pub fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.lock().events.iter().filter(|event| is(event)).count()
    }

    /// The labels of the tasks that started, in order of start.
    #[must_use]
    pub fn started(&self) -> Vec<u32> {
        self.tasks(&Moment::Started)
    }

    /// The labels of the tasks whose body ended, in order.
    #[must_use]
    pub fn finished(&self) -> Vec<u32> {
        self.tasks(&Moment::Finished)
    }

    /// The labels of the callbacks that were called, in order.
    #[must_use]
    pub fn called_back(&self) -> Vec<u32> {
        let log = self.lock();
        let called = log.events.iter().filter(|event| event.moment == Moment::Started);
        called
            .filter_map(|event| match event.actor {
                Actor::Callback(label) => Some(label),
                _ => None,
            })
            .collect()
    }

    fn tasks(&self, moment: &Moment) -> Vec<u32> {
        let log = self.lock();
        let of_moment = log.events.iter().filter(|event| event.moment == *moment);
        of_moment
            .filter_map(|event| match event.actor {
                Actor::Task(label) => Some(label),
                _ => None,
            })
            .collect()
    }
}
