//! What the cell is built on: atomics, one mutex, and sleeping on a word.
//!
//! Under `cfg(loom)` the same names stand for loom's, so that the models run the cell itself.

#[cfg(not(all(loom, test)))]
pub(super) use self::real::{Sleeper, UnsafeCell};
#[cfg(not(all(loom, test)))]
pub(super) use std::sync::{
    Mutex,
    atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};

#[cfg(all(loom, test))]
pub(super) use self::modelled::Sleeper;
#[cfg(all(loom, test))]
pub(super) use loom::{
    cell::UnsafeCell,
    sync::{
        Mutex,
        atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering},
    },
};

#[cfg(not(all(loom, test)))]
mod real {
    use std::sync::atomic::AtomicU32;
    use std::time::Instant;

    /// `std`'s cell, in the shape that loom gives it.
    pub(in crate::cell) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(in crate::cell) fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(in crate::cell) fn with<R>(&self, look: impl FnOnce(*const V) -> R) -> R {
            look(self.0.get())
        }

        pub(in crate::cell) fn with_mut<R>(&self, change: impl FnOnce(*mut V) -> R) -> R {
            change(self.0.get())
        }
    }

    /// Threads that sleep on a word of memory: a futex, which needs no room of its own.
    pub(in crate::cell) struct Sleeper;

    impl Sleeper {
        pub(in crate::cell) fn new() -> Self {
            Self
        }

        /// Sleeps while `word` is `expected`, at most until `deadline`; may return early.
        pub(in crate::cell) fn sleep(&self, word: &AtomicU32, expected: u32, deadline: Option<Instant>) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let limit = left.map(|left| libc::timespec {
                tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
                tv_nsec: libc::c_long::from(left.subsec_nanos()),
            });
            let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: `word` outlives the call, and `limit` is null or points to a valid timespec.
            #[allow(unsafe_code)]
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    word.as_ptr(),
                    libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                    expected,
                    limit,
                );
            }
        }

        /// Wakes every thread that sleeps on `word`.
        pub(in crate::cell) fn wake(&self, word: &AtomicU32) {
            // SAFETY: `word` is alive; the call reads no memory and wakes whoever sleeps there.
            #[allow(unsafe_code)]
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    word.as_ptr(),
                    libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                    libc::c_int::MAX,
                );
            }
        }
    }
}

#[cfg(all(loom, test))]
mod modelled {
    use loom::sync::atomic::{AtomicU32, Ordering};
    use loom::sync::{Condvar, Mutex};
    use std::time::Instant;

    /// A futex as the kernel promises it: comparing and falling asleep are one step, and a wake
    /// reaches everybody who sleeps.
    pub(in crate::cell) struct Sleeper {
        kernel: Mutex<u64>,
        woken: Condvar,
    }

    impl Sleeper {
        pub(in crate::cell) fn new() -> Self {
            Self { kernel: Mutex::new(0), woken: Condvar::new() }
        }

        pub(in crate::cell) fn sleep(&self, word: &AtomicU32, expected: u32, _: Option<Instant>) {
            let mut wakes = self.kernel.lock().unwrap();
            // The comparison in the kernel is ordered by its lock alone.
            if word.load(Ordering::Relaxed) != expected {
                return;
            }
            let before = *wakes;
            while *wakes == before {
                wakes = self.woken.wait(wakes).unwrap();
            }
        }

        pub(in crate::cell) fn wake(&self, _: &AtomicU32) {
            *self.kernel.lock().unwrap() += 1;
            self.woken.notify_all();
        }
    }
}
