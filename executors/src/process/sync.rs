//! What the rings are built on. Under `cfg(loom)` the same names stand for loom's, so that the
//! models run the rings themselves.

#[cfg(not(all(loom, test)))]
pub(super) use self::real::Sleeper;
#[cfg(not(all(loom, test)))]
pub(super) use poolproof_harness::search_longer as search;
#[cfg(not(all(loom, test)))]
pub(super) use std::hint::spin_loop as pause;
#[cfg(not(all(loom, test)))]
pub(super) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

#[cfg(all(loom, test))]
pub(super) use self::modelled::Sleeper;
#[cfg(all(loom, test))]
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

#[cfg(all(loom, test))]
pub(super) use loom::thread::yield_now as pause;

/// Looking twice would only multiply the orders to try.
#[cfg(all(loom, test))]
pub(super) fn search<R>(mut look: impl FnMut() -> Option<R>) -> Option<R> {
    look()
}

#[cfg(not(all(loom, test)))]
mod real {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    /// Threads that sleep on a word of memory: a futex, which needs no room of its own. The word
    /// may be shared between processes, so this is the futex that is not private.
    #[derive(Debug)]
    pub(in crate::process) struct Sleeper;

    impl Sleeper {
        /// Sleeps while `word` is `expected`, at most for `limit`; may return early.
        pub(in crate::process) fn sleep(&self, word: &AtomicU32, expected: u32, limit: Option<Duration>) {
            let limit = limit.map(|left| libc::timespec {
                tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
                tv_nsec: libc::c_long::from(left.subsec_nanos()),
            });
            let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: `word` outlives the call, and `limit` is null or points to a valid timespec.
            #[allow(unsafe_code)]
            unsafe {
                libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, limit);
            }
        }

        /// Wakes whoever sleeps on `word`.
        pub(in crate::process) fn wake(&self, word: &AtomicU32) {
            // SAFETY: `word` is alive; the call reads no memory and wakes whoever sleeps there.
            #[allow(unsafe_code)]
            unsafe {
                libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, libc::c_int::MAX);
            }
        }
    }
}

#[cfg(all(loom, test))]
mod modelled {
    use loom::sync::atomic::{AtomicU32, Ordering};
    use loom::sync::{Condvar, Mutex};
    use std::time::Duration;

    /// A futex as the kernel promises it: comparing and falling asleep are one step, and a wake
    /// reaches everybody who sleeps.
    #[derive(Debug)]
    pub(in crate::process) struct Sleeper {
        kernel: Mutex<u64>,
        woken: Condvar,
    }

    impl Sleeper {
        pub(in crate::process) fn new() -> Self {
            Self { kernel: Mutex::new(0), woken: Condvar::new() }
        }

        pub(in crate::process) fn sleep(&self, word: &AtomicU32, expected: u32, _: Option<Duration>) {
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

        pub(in crate::process) fn wake(&self, _: &AtomicU32) {
            *self.kernel.lock().unwrap() += 1;
            self.woken.notify_all();
        }
    }
}
