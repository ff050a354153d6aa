//! Two fences that pair with each other, of which one costs next to nothing.
//!
//! Two threads that each write one place and then read the other's must not both miss what the other
//! wrote. That takes a full fence between write and read on both sides. Where one side runs for every
//! task and the other once in the life of a pool, the rare side can pay for both: `membarrier` makes
//! every running thread of this process pass a full fence, and the frequent side has only to keep
//! the compiler from exchanging the two.
//!
//! # Why that is enough
//!
//! At some moment between the call of `membarrier` and its return, each thread of the process passes
//! a full fence, or does not run and has passed one when it was scheduled out. If the thread had
//! written by then, its write is visible to whoever called. If not, its read comes later still, and
//! sees what the caller wrote before the call.
//!
//! Where the kernel or a filter of system calls does not offer it, both sides use full fences. That
//! is decided once, before the first rare fence, and until it is decided the frequent side is careful.

use std::sync::OnceLock;
use std::sync::atomic::{Ordering, compiler_fence, fence};

/// Whether the rare side fences for all threads.
static FOR_ALL: OnceLock<bool> = OnceLock::new();

/// The fence of the frequent side.
pub(crate) fn frequent() {
    if FOR_ALL.get() == Some(&true) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// The fence of the rare side.
pub(crate) fn rare() {
    fence(Ordering::SeqCst);
    if offered() && !membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) {
        // A process that was forked may have to register again.
        register();
        let fenced = membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) || membarrier(libc::MEMBARRIER_CMD_GLOBAL);
        assert!(fenced, "membarrier worked in this process before and is refused now");
    }
    fence(Ordering::SeqCst);
}

/// Finds out what the rare side can do. Called early, it lets the frequent side be quick from the start.
pub(crate) fn offered() -> bool {
    *FOR_ALL.get_or_init(|| register() && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED))
}

fn register() -> bool {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes numbers alone, and reads and writes no memory of ours.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0
    }
}
