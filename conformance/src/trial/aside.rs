//! Calls that run beside the check.

use super::Stop;
use super::assertion::{gives, waits};
use super::stop::wrong;
use poolproof_harness::Patience;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};

/// The threads that run such calls, by number. A name would not do: what a call starts inherits it.
static OWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether the thread with this number is the suite's own.
pub(crate) fn is_own(thread: &str) -> bool {
    OWN.lock().unwrap_or_else(PoisonError::into_inner).contains(thread)
}

/// The calling thread, for as long as it runs a call.
struct Own(String);

impl Own {
    fn begin() -> Self {
        let place = std::fs::read_link("/proc/thread-self").unwrap_or_default();
        let number = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        OWN.lock().unwrap_or_else(PoisonError::into_inner).insert(number.clone());
        Self(number)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        OWN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// A call that runs in a thread of its own.
#[derive(Debug)]
pub struct Aside<R> {
    what: String,
    receiver: Receiver<R>,
    patience: Patience,
}

impl<R: Send + 'static> Aside<R> {
    /// Starts `call` in a thread of its own, which is not joined: it may hang, and the process
    /// ends with the trial.
    pub(crate) fn start(what: &str, patience: Patience, call: impl FnOnce() -> R + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        let body = move || {
            let _own = Own::begin();
            drop(sender.send(call()));
        };
        std::thread::Builder::new().name("aside".into()).spawn(body).expect("the machine can start one more thread");
        Self { what: what.to_owned(), receiver, patience }
    }
}

impl<R> Aside<R> {
    /// Waits until the call returned.
    ///
    /// # Errors
    ///
    /// [`Stop::Hangs`] if it does not; [`Stop::Violates`] if it panicked.
    #[track_caller]
    pub fn returns(self) -> Result<R, Stop> {
        gives(true, || self.returned())
    }

    /// The same, as part of an assertion.
    pub(super) fn returned(self) -> Result<R, Stop> {
        let mut deadline = self.patience.start();
        loop {
            let Some(slice) = deadline.next_slice() else {
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
