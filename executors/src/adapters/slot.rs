//! A pool that its own shutdown uses up.
//!
//! Who passes a job on has the pool borrowed meanwhile, and says so to a count of its own, as jobs do to
//! [`InFlight`]. Who takes the pool out closes that count first and waits until nobody has it borrowed: a submit then
//! pays for two plain stores, where a lock for many readers takes two atomic additions.
#![allow(unsafe_code)]

use poolproof_harness::{InFlight, Refused, Shutdown, Ticket};
use std::cell::UnsafeCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Holds a pool until it is shut down.
///
/// Everything about ending is left to the pool, but for two things that a pool cannot do when it is
/// gone: it refuses what is submitted later, and it lets a second caller of `shutdown` wait too.
pub(super) struct Slot<P: Send + Sync + 'static> {
    pool: UnsafeCell<Option<P>>,
    /// Whether somebody takes the pool out, or has.
    taken: AtomicBool,
    in_flight: InFlight,
    /// Those who have the pool borrowed to pass a job on.
    passing: InFlight,
}

// SAFETY: shared references borrow the pool in many threads at once, which `P: Sync` allows, and move it out in one,
// which `P: Send` allows; `take` says why nobody has it borrowed then.
unsafe impl<P: Send + Sync + 'static> Sync for Slot<P> {}

impl<P: Send + Sync + 'static> fmt::Debug for Slot<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

impl<P: Send + Sync + 'static> Slot<P> {
    pub(super) fn new(pool: P) -> Self {
        Self {
            pool: UnsafeCell::new(Some(pool)),
            taken: AtomicBool::new(false),
            in_flight: InFlight::default(),
            passing: InFlight::default(),
        }
    }

    /// Calls `pass` with the pool, unless it was shut down.
    #[inline]
    pub(super) fn pass<R>(&self, pass: impl FnOnce(&P, Ticket) -> R) -> Result<R, Refused> {
        let ticket = self.in_flight.admit()?;
        let _passing = self.passing.admit()?;
        // SAFETY: the pool is moved out only after `passing` was closed and every ticket of it was dropped. This one was
        // admitted, and is dropped after the borrow has ended, by a panic too.
        let Some(pool) = (unsafe { &*self.pool.get() }) else { return Err(Refused::Shutdown) };
        Ok(pass(pool, ticket))
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

    /// The pool, if nobody else takes it. Nobody has it borrowed, or will.
    fn take(&self) -> Option<P> {
        // Of several, one goes on. Nothing hangs on what the others did before.
        if self.taken.swap(true, Ordering::Relaxed) {
            return None;
        }
        // It waits for passing threads, which are no jobs and wait for none.
        self.passing.drain();
        // SAFETY: `passing` is closed and empty, so nobody has the pool borrowed or will have: a ticket is admitted only
        // through the open door, and is seen by who has closed it. What passing threads did with the pool happened
        // before this, as they counted themselves out, which `drain` has read. Nobody else comes here.
        unsafe { &mut *self.pool.get() }.take()
    }
}

impl<P: Send + Sync + 'static> Drop for Slot<P> {
    fn drop(&mut self) {
        if self.in_flight.is_inside()
            && let Some(pool) = self.pool.get_mut().take()
        {
            // Its drop may join the workers, and this is one of them.
            std::thread::spawn(move || drop(pool));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::channel;
    use std::thread;

    /// Counts who uses it.
    #[derive(Default)]
    struct Pool(AtomicUsize);

    #[test]
    fn a_pool_is_not_taken_out_while_a_job_is_passed_on() {
        let slot = Slot::new(Pool::default());
        let (open, gate) = channel::<()>();
        thread::scope(|scope| {
            let (said, heard) = channel();
            let slot = &slot;
            scope.spawn(move || {
                let passed = slot.pass(|pool, ticket| {
                    pool.0.fetch_add(1, Ordering::SeqCst);
                    said.send(()).unwrap();
                    gate.recv().unwrap();
                    pool.0.fetch_sub(1, Ordering::SeqCst);
                    drop(ticket);
                });
                assert_eq!(passed, Ok(()));
            });
            heard.recv().unwrap();
            let ending = scope.spawn(move || {
                slot.shutdown(Shutdown::WAIT, |pool| assert_eq!(pool.0.into_inner(), 0, "it is in use"));
            });
            while slot.passing.admit().is_ok() {
                thread::yield_now();
            }
            // Who would not wait for it has all the time to take the pool out now.
            (0..1_000).for_each(|_| thread::yield_now());
            assert!(!ending.is_finished(), "the pool was taken out while it was in use");
            open.send(()).unwrap();
            ending.join().unwrap();
        });
        assert_eq!(slot.pass(|_, _| ()), Err(Refused::Shutdown));
    }

    #[test]
    fn of_several_that_shut_down_one_ends_the_pool_and_all_wait_for_the_jobs() {
        let slot = Slot::new(Pool::default());
        let ticket = slot.pass(|_, ticket| ticket).unwrap();
        let ended = AtomicUsize::new(0);
        thread::scope(|scope| {
            let end = || {
                slot.shutdown(Shutdown::WAIT, |_| {
                    ended.fetch_add(1, Ordering::SeqCst);
                    slot.in_flight.drain();
                });
            };
            let callers = [scope.spawn(end), scope.spawn(end)];
            while slot.pass(|_, _| ()).is_ok() {
                thread::yield_now();
            }
            (0..1_000).for_each(|_| thread::yield_now());
            assert!(callers.iter().all(|caller| !caller.is_finished()));
            drop(ticket);
        });
        assert_eq!(ended.into_inner(), 1);
    }
}
