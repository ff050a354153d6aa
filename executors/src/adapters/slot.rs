//! A pool that its own shutdown uses up.

use poolproof_harness::{InFlight, Refused, Shutdown, Ticket};
use std::sync::{PoisonError, RwLock};

/// Holds a pool until it is shut down.
///
/// Everything about ending is left to the pool, but for two things that a pool cannot do when it is
/// gone: it refuses what is submitted later, and it lets a second caller of `shutdown` wait too.
#[derive(Debug)]
pub(super) struct Slot<P: Send + 'static> {
    pool: RwLock<Option<P>>,
    in_flight: InFlight,
}

impl<P: Send + 'static> Slot<P> {
    pub(super) fn new(pool: P) -> Self {
        Self { pool: RwLock::new(Some(pool)), in_flight: InFlight::default() }
    }

    /// Calls `pass` with the pool, unless it was shut down.
    pub(super) fn pass<R>(&self, pass: impl FnOnce(&P, Ticket) -> R) -> Result<R, Refused> {
        let ticket = self.in_flight.admit()?;
        let pool = self.pool.read().unwrap_or_else(PoisonError::into_inner);
        pool.as_ref().map(|pool| pass(pool, ticket)).ok_or(Refused::Shutdown)
    }

    /// Refuses jobs from now on; if `how.wait`, ends the pool by `end`, which waits.
    pub(super) fn shutdown(&self, how: Shutdown, end: impl FnOnce(P)) {
        self.in_flight.close();
        if how.wait {
            // A worker cannot join itself: from inside, the other jobs are waited for instead.
            let pool = if self.in_flight.is_inside() { None } else { self.take() };
            match pool {
                Some(pool) => end(pool),
                None => self.in_flight.drain(),
            }
        }
    }

    /// The lock is released before the pool ends: its last jobs may ask whether it is still open.
    fn take(&self) -> Option<P> {
        self.pool.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<P: Send + 'static> Drop for Slot<P> {
    fn drop(&mut self) {
        if self.in_flight.is_inside()
            && let Some(pool) = self.take()
        {
            // Its drop may join the workers, and this is one of them.
            std::thread::spawn(move || drop(pool));
        }
    }
}
