//! A handle that one thread at a time can wait for, shared by several.
//!
//! # Who wakes whom
//!
//! The first that waits takes the handle out and waits with it, unlocked. The others sleep until it
//! comes back: with the outcome, which they all read, or, if the first ran out of time, as it was,
//! and then the next takes it. Whoever brings it back notifies all under the mutex that they look under.

use poolproof_harness::{Future, Outcome, Payload, State, TimedOut, blocking};
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A crate's handle that blocks.
pub trait Joining<T>: Send + 'static {
    /// Waits, at most for `limit`.
    fn join(&mut self, limit: Option<Duration>) -> Joined<T>;

    /// Whether a worker has the task.
    fn is_running(&self) -> bool;
}

/// What waiting came to.
#[derive(Debug)]
pub enum Joined<T> {
    /// The task has ended.
    Done(Outcome<T>),
    /// The limit passed.
    NotYet,
}

/// The future of a task whose handle blocks.
pub struct SharedHandle<T, H> {
    place: Mutex<Place<T, H>>,
    back: Condvar,
}

enum Place<T, H> {
    Here(H),
    Away,
    Done(Outcome<T>),
}

impl<T, H> fmt::Debug for SharedHandle<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedHandle").finish_non_exhaustive()
    }
}

impl<T: Payload, H: Joining<T>> SharedHandle<T, H> {
    /// Shares `handle`.
    pub fn new(handle: H) -> Self {
        Self { place: Mutex::new(Place::Here(handle)), back: Condvar::new() }
    }

    fn place(&self) -> MutexGuard<'_, Place<T, H>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, deadline: Option<Instant>) -> Result<Outcome<T>, TimedOut> {
        let mut place = self.place();
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match std::mem::replace(&mut *place, Place::Away) {
                Place::Done(outcome) => {
                    *place = Place::Done(outcome.clone());
                    return Ok(outcome);
                }
                Place::Here(mut handle) => {
                    drop(place);
                    let joined = handle.join(left);
                    place = self.place();
                    *place = match joined {
                        Joined::Done(outcome) => Place::Done(outcome),
                        Joined::NotYet => Place::Here(handle),
                    };
                    self.back.notify_all();
                    if matches!(&*place, Place::Here(_)) {
                        return Err(TimedOut);
                    }
                }
                Place::Away => match left {
                    Some(Duration::ZERO) => return Err(TimedOut),
                    Some(left) => {
                        place = self.back.wait_timeout(place, left).unwrap_or_else(PoisonError::into_inner).0;
                    }
                    None => place = self.back.wait(place).unwrap_or_else(PoisonError::into_inner),
                },
            }
        }
    }
}

impl<T: Payload, H: Joining<T>> Future<T> for SharedHandle<T, H> {
    fn result(&self, timeout: Option<Duration>) -> Result<Outcome<T>, TimedOut> {
        // A limit beyond what the clock can represent is no limit.
        blocking(|| self.wait(timeout.and_then(|limit| Instant::now().checked_add(limit))))
    }

    fn state(&self) -> State {
        let mut place = self.place();
        if let Place::Here(handle) = &mut *place
            && let Joined::Done(outcome) = handle.join(Some(Duration::ZERO))
        {
            *place = Place::Done(outcome);
        }
        match &*place {
            Place::Done(Err(poolproof_harness::Failure::Cancelled)) => State::CANCELLED,
            Place::Done(_) => State::FINISHED,
            Place::Here(handle) if handle.is_running() => State::RUNNING,
            Place::Here(_) => State::PENDING,
            // Somebody waits with it: what it stands for is not done, and may run.
            Place::Away => State::RUNNING,
        }
    }
}
