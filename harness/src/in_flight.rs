//! A count of jobs, for pools that cannot wait for what they accepted.
//!
//! # Who wakes whom
//!
//! One atomic number holds the count and, in its highest bit, whether the door is closed. A job is
//! admitted by adding one and looking at that bit; it leaves by subtracting one. Only when the
//! subtraction finds the door closed may somebody be waiting: then, and only then, the mutex is
//! taken and the condition variable notified. A waiter closes the door first and tests the count
//! under the mutex. A job that left before the door closed is no longer in the count that the
//! waiter reads; one that leaves later finds the bit and must pass the mutex: no wake-up is lost.

use crate::{Job, Refused, blocking};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

const CLOSED: usize = 1 << (usize::BITS - 1);

/// Counts the jobs of a pool from admission to their end, so that an adapter can offer the
/// waiting shutdown that the pool itself lacks. A clone counts the same jobs.
///
/// ```
/// use poolproof_harness::{InFlight, Job, Refused, Shutdown, Spawn};
///
/// #[derive(Debug, Default)]
/// struct Threads(InFlight);
/// impl Spawn for Threads {
///     fn spawn(&self, job: Job) -> Result<(), Refused> {
///         let ticket = self.0.admit()?;
///         std::thread::spawn(move || ticket.run(job));
///         Ok(())
///     }
///     fn shutdown(&self, how: Shutdown) {
///         self.0.shutdown(how);
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct InFlight {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    count: AtomicUsize,
    /// How many of the jobs in flight wait for the others to end, and so are not waited for.
    excused: Mutex<usize>,
    left: Condvar,
}

/// A job that this thread is running.
struct Running {
    of: *const Shared,
    excused: bool,
}

thread_local! {
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

impl InFlight {
    /// Admits one job, if the door is open.
    ///
    /// # Errors
    ///
    /// [`Refused::Shutdown`] after [`InFlight::close`].
    pub fn admit(&self) -> Result<Ticket, Refused> {
        // The ticket is made first: if the door is closed, dropping it counts down again.
        let before = self.shared.count.fetch_add(1, Ordering::SeqCst);
        let ticket = Ticket { shared: Arc::clone(&self.shared) };
        if before & CLOSED == 0 { Ok(ticket) } else { Err(Refused::Shutdown) }
    }

    /// Closes the door: nothing is admitted any more.
    pub fn close(&self) {
        self.shared.count.fetch_or(CLOSED, Ordering::SeqCst);
    }

    /// Closes the door and waits until every admitted job has ended.
    ///
    /// Called by a job in flight, it does not wait for that job, nor for others that wait here.
    pub fn drain(&self) {
        self.close();
        blocking(|| self.shared.drain());
    }

    /// Whether the calling thread is running one of the jobs.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        RUNNING.with_borrow(|running| running.iter().any(|job| job.of == Arc::as_ptr(&self.shared)))
    }

    /// The shutdown of a pool that knows none: refuses what comes, waits if `how.wait`.
    pub fn shutdown(&self, how: crate::Shutdown) {
        if how.wait { self.drain() } else { self.close() }
    }
}

impl Shared {
    fn drain(&self) {
        let mut excused = self.excused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut inside = false;
        RUNNING.with_borrow_mut(|running| {
            for job in running.iter_mut().filter(|job| job.of == std::ptr::from_ref(self)) {
                inside = true;
                *excused += usize::from(!job.excused);
                job.excused = true;
            }
        });
        self.left.notify_all();
        while self.count.load(Ordering::SeqCst) & !CLOSED > if inside { *excused } else { 0 } {
            excused = self.left.wait(excused).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn leave(&self, was_excused: bool) {
        if was_excused {
            let mut excused = self.excused.lock().unwrap_or_else(PoisonError::into_inner);
            *excused -= 1;
            self.count.fetch_sub(1, Ordering::SeqCst);
            self.left.notify_all();
        } else if self.count.fetch_sub(1, Ordering::SeqCst) & CLOSED != 0 {
            drop(self.excused.lock().unwrap_or_else(PoisonError::into_inner));
            self.left.notify_all();
        }
    }
}

/// The right of one job to be in flight; it ends when this is used up or dropped.
#[derive(Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
}

impl Ticket {
    /// Runs the job, and counts it down when it has ended, callbacks included.
    pub fn run(self, job: Job) {
        RUNNING.with_borrow_mut(|running| running.push(Running { of: Arc::as_ptr(&self.shared), excused: false }));
        job.run();
        let excused = RUNNING.with_borrow_mut(Vec::pop).is_some_and(|job| job.excused);
        self.shared.leave(excused);
        // Counted down already: only the reference goes.
        let mut this = std::mem::ManuallyDrop::new(self);
        drop(std::mem::take(&mut this.shared));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared.leave(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shutdown;
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn after_closing_nothing_is_admitted() {
        let in_flight = InFlight::default();
        in_flight.shutdown(Shutdown::NO_WAIT);
        assert_eq!(in_flight.admit().map(drop), Err(Refused::Shutdown));
        in_flight.drain();
    }

    #[test]
    fn draining_waits_for_every_ticket_used_or_dropped() {
        let in_flight = InFlight::default();
        let (used, dropped) = (in_flight.admit().unwrap(), in_flight.admit().unwrap());
        thread::scope(|scope| {
            let drained = scope.spawn(|| in_flight.drain());
            while in_flight.admit().is_ok() {
                thread::yield_now();
            }
            drop(dropped);
            assert!(!drained.is_finished());
            used.run(Job::new(|| ()));
            drained.join().unwrap();
        });
    }

    #[test]
    fn two_jobs_that_drain_do_not_wait_for_each_other_but_outsiders_wait_for_both() {
        let in_flight = Arc::new(InFlight::default());
        let (said, heard) = channel();
        let tickets: Vec<_> = (0..2).map(|_| in_flight.admit().unwrap()).collect();
        let running: Vec<_> = tickets
            .into_iter()
            .map(|ticket| {
                let (in_flight, said) = (Arc::clone(&in_flight), said.clone());
                thread::spawn(move || {
                    ticket.run(Job::new(move || {
                        assert!(in_flight.is_inside());
                        in_flight.drain();
                        in_flight.drain();
                        said.send(()).unwrap();
                    }));
                })
            })
            .collect();
        in_flight.drain();
        assert_eq!(heard.try_iter().count(), 2);
        running.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(!in_flight.is_inside());
    }
}
