//! A lock that is held for a moment, and given back without an atomic read-modify-write.
//!
//! An uncontended mutex costs two of these for each use: one takes it, and one gives it back and learns in the same step
//! whether somebody waits. Here taking it is one, and giving it back is a plain store and a look at a count.
//!
//! # Who wakes whom
//!
//! Who finds the lock taken adds itself to a count of all that wait for any such lock, passes the rare one of two
//! [`fences`](poolproof_harness::fences), and then, under one mutex for all, tries again and goes to sleep. Who gives the lock
//! back stores that, passes the frequent fence, and looks at the count: if it is not zero, it takes the mutex and wakes
//! everybody.
//!
//! # Why nobody sleeps for ever
//!
//! A thread that goes to sleep has seen the lock taken after its rare fence. So whoever had taken it had not
//! given it back before that fence: otherwise the attempt had seen that, or what was stored still later. It gives it back
//! after the fence, then, and what it reads of the count is what stands there after the fence, in which the sleeper is
//! counted until it has the lock. So it takes the mutex; the sleeper holds that from its attempt until it sleeps, and so is
//! asleep when it is woken.
//!
//! # Memory orderings
//!
//! Taking the lock is `Acquire` and giving it back `Release`: each holder sees what those before it did. A failed attempt
//! reads nothing that the lock guards and is `Relaxed`. The count carries nothing and is `Relaxed` too: its order with
//! the lock is made by the fences alone.
//!
//! It is made for moments: everybody that waits for such a lock is woken when any of them is given back.
#![allow(unsafe_code)]

#[cfg(all(loom, test))]
mod models;
mod sync;

use self::sync::{AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, frequent, rare, waiting};
use std::sync::PoisonError;

/// Threads that wait for a lock of this kind.
pub(super) struct Waiting {
    pub(super) count: AtomicUsize,
    pub(super) mutex: Mutex<()>,
    pub(super) back: Condvar,
}

/// Nobody has the value.
const FREE: usize = 0;
/// Somebody has it.
const TAKEN: usize = 1;

/// A value and its lock.
pub(super) struct Brief<V> {
    /// Whether somebody has the value. As wide as what stands beside it: a lock of one byte leaves seven that mean nothing,
    /// which are copied with a new future in two pieces that overlap, and cost more than all the others.
    taken: AtomicUsize,
    value: UnsafeCell<V>,
}

// SAFETY: a shared reference reaches the value only in `with`, where one thread at a time has it, and has it after the
// one before; so it moves from thread to thread, and is never shared.
unsafe impl<V: Send> Sync for Brief<V> {}

impl<V> Brief<V> {
    pub(super) fn new(value: V) -> Self {
        Self { taken: AtomicUsize::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Calls `body` with the value, when nobody else has it. Within `body` the lock must not be taken again.
    #[inline]
    pub(super) fn with<R>(&self, body: impl FnOnce(&mut V) -> R) -> R {
        /// Gives the lock back, after a panic too.
        struct Back<'a>(&'a AtomicUsize);
        impl Drop for Back<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.store(FREE, Ordering::Release);
                frequent();
                waiting().wake();
            }
        }
        if !self.take() {
            waiting().until(|| self.take());
        }
        let _back = Back(&self.taken);
        // SAFETY: this thread has taken the lock, and gives it back when `_back` is dropped, after the reference has
        // ended. Whoever had it before gave it back in a store that `take` has read, with what it had written.
        self.value.with_mut(|value| body(unsafe { &mut *value }))
    }

    /// The value, for who has it alone.
    pub(super) fn get_mut(&mut self) -> &mut V {
        // SAFETY: nobody else has a reference to it.
        self.value.with_mut(|value| unsafe { &mut *value })
    }

    #[inline]
    fn take(&self) -> bool {
        self.taken.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

impl Waiting {
    /// Sleeps until `take` succeeds.
    #[cold]
    fn until(&self, mut take: impl FnMut() -> bool) {
        self.count.fetch_add(1, Ordering::Relaxed);
        rare();
        let mut asleep = self.mutex.lock().unwrap_or_else(PoisonError::into_inner);
        while !take() {
            asleep = self.back.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
        drop(asleep);
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    /// Wakes everybody, if there is anybody.
    #[inline]
    fn wake(&self) {
        #[cold]
        fn wake_all(waiting: &Waiting) {
            drop(waiting.mutex.lock().unwrap_or_else(PoisonError::into_inner));
            waiting.back.notify_all();
        }
        if self.count.load(Ordering::Relaxed) > 0 {
            wake_all(self);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn one_thread_at_a_time_has_the_value_and_none_sleeps_for_ever() {
        const THREADS: usize = 4;
        const TURNS: usize = 20_000;
        let mut brief = Brief::new(0_usize);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..TURNS).for_each(|_| brief.with(|count| *count += 1)));
            }
        });
        assert_eq!(*brief.get_mut(), THREADS * TURNS);
    }

    #[test]
    fn who_finds_it_taken_sleeps_until_it_is_given_back() {
        let brief = Brief::new(());
        let (said, heard) = channel();
        thread::scope(|scope| {
            brief.with(|()| {
                let waiting = waiting().count.load(Ordering::SeqCst);
                let brief = &brief;
                scope.spawn(move || brief.with(|()| said.send(()).unwrap()));
                while super::waiting().count.load(Ordering::SeqCst) == waiting {
                    thread::yield_now();
                }
                (0..100).for_each(|_| thread::yield_now());
                assert!(heard.try_recv().is_err(), "nobody else has it meanwhile");
            });
            heard.recv().unwrap();
        });
    }

    #[test]
    fn a_panic_gives_it_back() {
        let brief = Brief::new(3);
        let panicked = catch_unwind(AssertUnwindSafe(|| brief.with(|_| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert_eq!(brief.with(|value| *value), 3);
    }
}
