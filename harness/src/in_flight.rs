//! A count of jobs, for pools that cannot wait for what they accepted.
//!
//! # Who wakes whom
//!
//! Two counts say what is in flight: jobs that were admitted, and jobs that left. Each thread adds to
//! a part of its own ([`parts`](crate::parts)). A job is admitted by adding one and then
//! looking at the door; it leaves by adding one and then looking at the door again. Only if that is
//! closed may somebody be waiting: then, and only then, the mutex is taken and the condition variable
//! notified. A waiter closes the door and then compares the counts under the mutex. Between adding and
//! looking stands the frequent one of two [`fences`](crate::fences), between closing and comparing the
//! rare one. So of a job that comes and a waiter that closes, either the job sees the closed door and
//! is refused, or the waiter sees that it was admitted; and of a job that leaves and a waiter, either
//! the job sees the closed door and passes the mutex, or the waiter sees that it left: no wake-up is lost.
//!
//! Counts outlive their pool and serve the next one as soon as nothing of theirs is in flight: a
//! job then carries a plain reference, where a counted one would be that one word again.

mod numbered;

pub use self::numbered::Numbered;

use self::numbered::Place;
use crate::parts::{Part, Parts};
use crate::{Job, Refused, blocking, fences};
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

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
        fences::offered();
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

#[derive(Debug, Default)]
struct Shared {
    /// Nothing is admitted any more, and somebody may be waiting.
    closed: Door,
    parts: Parts,
    /// How many of the jobs in flight wait for the others to end, and so are not waited for.
    excused: Mutex<usize>,
    gone: Condvar,
    /// Where tickets find these counts that carry a number as well.
    place: Place,
}

/// The door, read by every thread and written once: it shares its cache line with nothing that is
/// written more often.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Door(AtomicBool);

/// A job that this thread is running.
#[derive(Clone, Copy)]
struct Running {
    of: *const Shared,
    excused: bool,
}

thread_local! {
    /// The innermost, which is mostly the only one. It has no destructor, so that a job costs nothing.
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
    /// Those that it runs within, from the outermost on.
    static AROUND: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// A job of `of` begins in this thread; whether it runs within another one.
#[inline]
fn enter(of: *const Shared) -> bool {
    #[cold]
    fn put_aside(job: Running) {
        AROUND.with_borrow_mut(|jobs| jobs.push(job));
    }
    let around = RUNNING.replace(Some(Running { of, excused: false }));
    around.map(put_aside).is_some()
}

/// The innermost job ends, which ran within another one or not; whether it was excused.
#[inline]
fn exit(within: bool) -> bool {
    #[cold]
    fn take_back() -> Option<Running> {
        AROUND.with_borrow_mut(Vec::pop)
    }
    let around = if within { take_back() } else { None };
    RUNNING.replace(around).is_some_and(|job| job.excused)
}

impl InFlight {
    /// Admits one job, if the door is open.
    ///
    /// # Errors
    ///
    /// [`Refused::Shutdown`] after [`InFlight::close`].
    #[inline]
    pub fn admit(&self) -> Result<Ticket, Refused> {
        let shared = self.owner.0;
        shared.parts.add(|part| &part.admitted);
        let ticket = Ticket { shared };
        fences::frequent();
        if shared.is_closed() { Err(ticket.refused()) } else { Ok(ticket) }
    }

    /// Closes the door: nothing is admitted any more.
    pub fn close(&self) {
        self.owner.0.closed.0.store(true, Ordering::SeqCst);
        fences::rare();
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
        let mine = |job: &Running| std::ptr::eq(job.of, self.owner.0);
        RUNNING.get().as_ref().is_some_and(mine) || AROUND.with_borrow(|jobs| jobs.iter().any(mine))
    }

    /// The shutdown of a pool that knows none: refuses what comes, waits if `how.wait`.
    pub fn shutdown(&self, how: crate::Shutdown) {
        if how.wait { self.drain() } else { self.close() }
    }
}

impl Shared {
    /// Makes ready for the next pool. Nothing is in flight, and nobody has it yet: whoever gets it gets these values with
    /// it, whatever the ordering. One who left last may still look at the door, and at worst notifies nobody.
    fn open(&self) {
        for part in self.parts.all() {
            part.admitted.store(0, Ordering::SeqCst);
            part.left.store(0, Ordering::SeqCst);
        }
        self.closed.0.store(false, Ordering::SeqCst);
    }

    /// How many jobs are in flight. Read from those that left to those that were admitted: whoever
    /// left before was admitted before, so the difference never misses a job.
    fn in_flight(&self) -> usize {
        let sum = |count: fn(&Part) -> &AtomicUsize| {
            self.parts.all().iter().fold(0_usize, |sum, part| sum.wrapping_add(count(part).load(Ordering::Acquire)))
        };
        let left = sum(|part| &part.left);
        sum(|part| &part.admitted).wrapping_sub(left)
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.closed.0.load(Ordering::Acquire)
    }

    fn drain(&self) {
        let mut excused = self.excused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut inside = false;
        let mut excuse = |job: &mut Running| {
            if std::ptr::eq(job.of, self) {
                inside = true;
                *excused += usize::from(!job.excused);
                job.excused = true;
            }
        };
        let mut innermost = RUNNING.get();
        innermost.as_mut().into_iter().for_each(&mut excuse);
        RUNNING.set(innermost);
        AROUND.with_borrow_mut(|jobs| jobs.iter_mut().for_each(&mut excuse));
        self.gone.notify_all();
        while self.in_flight() > if inside { *excused } else { 0 } {
            excused = self.gone.wait(excused).unwrap_or_else(PoisonError::into_inner);
        }
    }

    #[inline]
    fn leave(&self) {
        self.parts.add(|part| &part.left);
        fences::frequent();
        if self.is_closed() {
            self.tell();
        }
    }

    /// Wakes those who wait for jobs to leave.
    #[cold]
    fn tell(&self) {
        drop(self.excused.lock().unwrap_or_else(PoisonError::into_inner));
        self.gone.notify_all();
    }
}

/// The right of one job to be in flight; it ends when this is used up or dropped.
#[derive(Debug)]
pub struct Ticket {
    shared: &'static Shared,
}

impl Ticket {
    /// The door is closed: dropping the ticket counts down again.
    #[cold]
    fn refused(self) -> Refused {
        Refused::Shutdown
    }

    /// Runs the job, and counts it down when it has ended, callbacks included.
    #[inline]
    pub fn run(self, job: Job) {
        self.during(|| job.run());
    }

    /// Runs `body` as the job, and counts it down when that returned. If it panics, so does this.
    #[inline]
    pub fn during<R>(self, body: impl FnOnce() -> R) -> R {
        let shared = self.shared;
        // From here on it is counted down by what follows.
        std::mem::forget(self);
        let leaving = Leaving { within: enter(shared), shared };
        let result = body();
        // Not by its drop: that of a value with parts is a call of its own, and this is passed for every task.
        ManuallyDrop::new(leaving).leave();
        result
    }
}

impl Drop for Ticket {
    #[inline]
    fn drop(&mut self) {
        self.shared.leave();
    }
}

/// A job that runs; it leaves when this is dropped, which is when it panics.
struct Leaving {
    within: bool,
    shared: &'static Shared,
}

impl Leaving {
    /// Counts the job down; once.
    #[inline]
    fn leave(&self) {
        if exit(self.within) {
            self.no_longer_excused();
        }
        self.shared.leave();
    }

    /// It was excused only while it was in flight.
    #[cold]
    fn no_longer_excused(&self) {
        *self.shared.excused.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.leave();
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
    fn a_job_within_another_one_is_inside_both_and_leaves_the_other_one_where_it_was() {
        let (outer, inner) = (InFlight::default(), InFlight::default());
        outer.admit().unwrap().during(|| {
            for panics in [false, true] {
                let body = || {
                    assert!(outer.is_inside() && inner.is_inside());
                    // Waits for nobody: the only job of either is this one.
                    outer.drain();
                    assert!(!panics, "on purpose");
                };
                assert_eq!(crate::contain(|| inner.admit().unwrap().during(body)).is_err(), panics);
                assert!(outer.is_inside() && !inner.is_inside());
            }
            inner.drain();
        });
        assert!(!outer.is_inside());
        outer.drain();
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
