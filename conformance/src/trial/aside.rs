//! Calls that run beside the check.

use super::Stop;
use super::assertion::{gives, waits};
use super::stop::wrong;
use super::vigil::Vigil;
use crate::runner::ThreadStat;
use poolproof_harness::Patience;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};

/// The threads that run such calls, and those that did: one that has returned from its call is still
/// there for a moment. A name would not do: what a call starts inherits it.
static OWN: Mutex<BTreeSet<ThreadId>> = Mutex::new(BTreeSet::new());

/// A thread's number and when it started, in the system's ticks: numbers are given away again.
pub(crate) type ThreadId = (String, u64);

/// Whether this thread is the suite's own.
pub(crate) fn is_own(thread: &ThreadId) -> bool {
    OWN.lock().unwrap_or_else(PoisonError::into_inner).contains(thread)
}

/// The calling thread runs a call from here on.
fn begin() {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    let number = stat.split(' ').next().unwrap_or_default().to_owned();
    if let Some(stat) = ThreadStat::parse(&stat) {
        OWN.lock().unwrap_or_else(PoisonError::into_inner).insert((number, stat.started));
    }
}

/// A call that runs in a thread of its own.
#[derive(Debug)]
pub struct Aside<R> {
    what: String,
    receiver: Receiver<R>,
    vigil: Vigil,
}

impl<R: Send + 'static> Aside<R> {
    /// Starts `call` in a thread of its own, which is not joined: it may hang, and the process
    /// ends with the trial.
    pub(crate) fn start(what: &str, vigil: Vigil, call: impl FnOnce() -> R + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        let body = move || {
            begin();
            drop(sender.send(call()));
        };
        std::thread::Builder::new().name("aside".into()).spawn(body).expect("the machine can start one more thread");
        Self { what: what.to_owned(), receiver, vigil }
    }
}

impl<R> Aside<R> {
    /// Waits until the call returned, as long as there are signs of life.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] if it does not; [`Stop::Violates`] if it panicked.
    #[track_caller]
    pub fn returns(self) -> Result<R, Stop> {
        gives(true, || self.returned())
    }

    /// The same, as part of an assertion.
    pub(super) fn returned(mut self) -> Result<R, Stop> {
        self.vigil.begin();
        loop {
            let Some(slice) = self.vigil.next_slice() else {
                return Err(Stop::Hangs(format!("{} must return, and did not", self.what)));
            };
            match self.receiver.recv_timeout(slice) {
                Ok(value) => return Ok(value),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return wrong(format!("{} panicked", self.what)),
            }
        }
    }

    /// Checks that the call does not return for as long as `patience`, which only needs to be long
    /// enough to give a wrong executor the chance to show.
    ///
    /// # Errors
    ///
    /// [`Stop::Violates`] with `otherwise` if it returns.
    #[track_caller]
    pub fn stays(&self, otherwise: &str, patience: Patience) -> Result<(), Stop> {
        waits(|| {
            let mut deadline = patience.start();
            while let Some(slice) = deadline.next_slice() {
                match self.receiver.recv_timeout(slice) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(_) => return wrong(otherwise),
                    Err(RecvTimeoutError::Disconnected) => return wrong(format!("{} panicked", self.what)),
                }
            }
            Ok(())
        })
    }

    /// Waits until the call returned, as long as `patience` lasts; whether it does is a question, not
    /// a promise.
    #[must_use]
    pub fn returns_within(&self, patience: Patience) -> Option<R> {
        let mut deadline = patience.start();
        while let Some(slice) = deadline.next_slice() {
            match self.receiver.recv_timeout(slice) {
                Ok(value) => return Some(value),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    /// Whether the call returned already.
    #[must_use]
    pub fn has_returned(&self) -> Option<R> {
        self.receiver.try_recv().ok()
    }
}
