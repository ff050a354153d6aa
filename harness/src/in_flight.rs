//! A count of jobs, for pools that cannot wait for what they accepted.
//!
//! # Who wakes whom
//!
//! Two counts say what is in flight: jobs that were admitted, with the closed door as the highest
//! bit, and jobs that left. Submitters write the one and workers the other, each worker its own
//! part of it, so that the threads of a busy pool do not take turns at one word of memory. A job is
//! admitted by adding one and looking at the door; it leaves by adding one and looking at a flag
//! that is raised after the door was closed. Only if the flag is up may somebody be waiting: then,
//! and only then, the mutex is taken and the condition variable notified. A waiter closes the door,
//! raises the flag and then compares the counts under the mutex. Of a job that leaves and a waiter
//! that comes, in the one order that all threads agree on, either the job sees the flag and passes
//! the mutex, or the waiter sees that it left: no wake-up is lost.
//!
//! Counts outlive their pool and serve the next one as soon as nothing of theirs is in flight: a
//! job then carries a plain reference, where a counted one would be that one word again.

use crate::{Job, Refused, blocking};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    owner: Arc<Owner>,
}

/// Gives the counts back when the last of those who count is gone.
#[derive(Debug)]
struct Owner(&'static Shared);

/// Counts without an owner. Jobs of a pool that was dropped may still be in flight in some of them.
static UNOWNED: Mutex<Vec<&'static Shared>> = Mutex::new(Vec::new());

impl Default for Owner {
    fn default() -> Self {
        let mut unowned = UNOWNED.lock().unwrap_or_else(PoisonError::into_inner);
        let free = unowned.iter().position(|shared| shared.in_flight() == 0);
        let shared = match free {
            Some(at) => unowned.swap_remove(at),
            None => Box::leak(Box::default()),
        };
        shared.open();
        Self(shared)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        UNOWNED.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
    }
}

/// Something that shares its cache line, and the one that is fetched with it, with nothing else.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

#[derive(Debug, Default)]
struct Shared {
    admitted: Apart<AtomicUsize>,
    left: [Apart<AtomicUsize>; PARTS],
    watched: Apart<AtomicBool>,
    /// How many of the jobs in flight wait for the others to end, and so are not waited for.
    excused: Mutex<usize>,
    gone: Condvar,
}

/// Into how many parts the count of those that left is divided.
const PARTS: usize = 8;

/// The part that this thread writes.
fn part() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    PART.with(|part| {
        if part.get() == usize::MAX {
            part.set(THREADS.fetch_add(1, Ordering::Relaxed) % PARTS);
        }
        part.get()
    })
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
        let before = self.owner.0.admitted.0.fetch_add(1, Ordering::SeqCst);
        let ticket = Ticket { shared: self.owner.0 };
        if before & CLOSED == 0 { Ok(ticket) } else { Err(Refused::Shutdown) }
    }

    /// Closes the door: nothing is admitted any more.
    pub fn close(&self) {
        self.owner.0.admitted.0.fetch_or(CLOSED, Ordering::SeqCst);
        self.owner.0.watched.0.store(true, Ordering::SeqCst);
    }

    /// Closes the door and waits until every admitted job has ended.
    ///
    /// Called by a job in flight, it does not wait for that job, nor for others that wait here.
    pub fn drain(&self) {
        self.close();
        blocking(|| self.owner.0.drain());
    }

    /// Whether the calling thread is running one of the jobs.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        RUNNING.with_borrow(|running| running.iter().any(|job| std::ptr::eq(job.of, self.owner.0)))
    }

    /// The shutdown of a pool that knows none: refuses what comes, waits if `how.wait`.
    pub fn shutdown(&self, how: crate::Shutdown) {
        if how.wait { self.drain() } else { self.close() }
    }
}

impl Shared {
    /// Makes ready for the next pool. Nothing is in flight.
    fn open(&self) {
        self.left.iter().for_each(|part| part.0.store(0, Ordering::SeqCst));
        self.watched.0.store(false, Ordering::SeqCst);
        self.admitted.0.store(0, Ordering::SeqCst);
    }

    /// How many jobs are in flight. Read from those that left to those that were admitted: whoever
    /// left before was admitted before, so the difference never misses a job.
    fn in_flight(&self) -> usize {
        let left = self.left.iter().fold(0_usize, |sum, part| sum.wrapping_add(part.0.load(Ordering::SeqCst)));
        (self.admitted.0.load(Ordering::SeqCst) & !CLOSED).wrapping_sub(left)
    }

    fn drain(&self) {
        let mut excused = self.excused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut inside = false;
        RUNNING.with_borrow_mut(|running| {
            for job in running.iter_mut().filter(|job| std::ptr::eq(job.of, self)) {
                inside = true;
                *excused += usize::from(!job.excused);
                job.excused = true;
            }
        });
        self.gone.notify_all();
        while self.in_flight() > if inside { *excused } else { 0 } {
            excused = self.gone.wait(excused).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn leave(&self) {
        self.left[part()].0.fetch_add(1, Ordering::SeqCst);
        if self.watched.0.load(Ordering::SeqCst) {
            drop(self.excused.lock().unwrap_or_else(PoisonError::into_inner));
            self.gone.notify_all();
        }
    }
}

/// The right of one job to be in flight; it ends when this is used up or dropped.
#[derive(Debug)]
pub struct Ticket {
    shared: &'static Shared,
}

impl Ticket {
    /// Runs the job, and counts it down when it has ended, callbacks included.
    pub fn run(self, job: Job) {
        self.during(|| job.run());
    }

    /// Runs `body` as the job, and counts it down when that returned. If it panics, so does this.
    pub fn during<R>(self, body: impl FnOnce() -> R) -> R {
        RUNNING.with_borrow_mut(|running| running.push(Running { of: self.shared, excused: false }));
        let leaving = Leaving(self);
        let result = body();
        drop(leaving);
        result
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

/// A job that runs; it leaves when this is dropped, by a panic too.
struct Leaving(Ticket);

impl Drop for Leaving {
    fn drop(&mut self) {
        let excused = RUNNING.with_borrow_mut(Vec::pop).is_some_and(|job| job.excused);
        if excused {
            // It was excused only while it was in flight. The ticket, dropped next, counts it down.
            let mut excused = self.0.shared.excused.lock().unwrap_or_else(PoisonError::into_inner);
            *excused -= 1;
        }
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
