//! A desk: where a worker and the parcel that it has meet, and where somebody who submits can reach
//! the worker directly.
//!
//! A link whose worker is idle *lists* its desk with the executor and goes to sleep at the bell of
//! the worker's replies. Whoever submits takes a desk off the list, which happens under the
//! executor's mutex, and then the parcel, the worker and the desk are his until he releases the desk's
//! own mutex, which he took before he released the executor's. So the request is on its way without the
//! link, and the worker's reply is what wakes it. A link that wakes for another reason takes its
//! desk off the list first; if somebody was faster, a parcel is on the desk, or will be as soon as
//! the mutex of the desk is free.

use super::child::{Trouble, Worker};
use super::parcel::Parcel;
use super::supervisor::Alarm;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What lies on a desk.
#[derive(Default)]
pub(super) struct Seat {
    /// The worker, if there is one.
    pub(super) worker: Option<Worker>,
    /// What was sent to it and has not been answered.
    pub(super) parcel: Option<Parcel>,
    /// Why it could not be sent.
    pub(super) trouble: Option<Trouble>,
}

/// The desk of one link.
#[derive(Default)]
pub(super) struct Desk {
    seat: Mutex<Seat>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// The desk, for as long as nobody else needs it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Seat> {
        // No code of users runs under this mutex.
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Sends a claimed parcel to the worker. Should that fail, the link learns it when it looks.
    pub(super) fn hand(&mut self, parcel: Parcel) -> Result<(), ()> {
        let sent = match &mut self.worker {
            Some(worker) => worker.send(&parcel.request),
            None => Err(Trouble::Died),
        };
        self.parcel = Some(parcel);
        sent.map_err(|trouble| self.trouble = Some(trouble))
    }
}

/// A desk whose worker is idle.
#[derive(Debug)]
pub(super) struct Idle {
    /// The desk.
    pub(super) desk: Arc<Desk>,
    /// What its link is called by.
    pub(super) alarm: Arc<Alarm>,
}
