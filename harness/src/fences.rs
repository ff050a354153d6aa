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
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

/// Whether the rare side fences for all threads.
static FOR_ALL: OnceLock<bool> = OnceLock::new();
/// That it does, where a look costs least. Who sees it late is careful for longer than it must be.
static CHEAP: AtomicBool = AtomicBool::new(false);

/// The fence of the frequent side.
#[inline]
pub fn frequent() {
    if CHEAP.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// The fence of the rare side.
pub fn rare() {
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
pub fn offered() -> bool {
    *FOR_ALL.get_or_init(|| {
        let offered = register() && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        CHEAP.store(offered, Ordering::Relaxed);
        offered
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::{Duration, Instant};

    /// Meets the other thread as exactly as spinning can.
    fn meet(own: &AtomicUsize, other: &AtomicUsize, round: usize) {
        own.store(round, Ordering::SeqCst);
        for spins in 0_u32.. {
            if other.load(Ordering::SeqCst) >= round {
                break;
            }
            if spins > 1000 { thread::yield_now() } else { std::hint::spin_loop() }
        }
    }

    #[test]
    fn the_rare_side_pays_for_one_that_only_keeps_the_order_of_its_code() {
        const ROUNDS: usize = 100_000;
        const ENOUGH: Duration = Duration::from_secs(4);
        if !offered() {
            // Then both sides use fences that are known to do.
            return;
        }
        let (here, there) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (rarely, frequently) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let missed_by_both = thread::scope(|scope| {
            let frequent_side = scope.spawn(|| {
                let mut missed = vec![false; ROUNDS + 1];
                for (round, missed) in missed.iter_mut().enumerate().skip(1) {
                    meet(&there, &here, round);
                    frequently.store(round, Ordering::Relaxed);
                    // As `frequent` does, written out: in a debug build a call would give the store time.
                    compiler_fence(Ordering::SeqCst);
                    *missed = rarely.load(Ordering::Relaxed) < round;
                }
                missed
            });
            let mut missed_by_rare = vec![false; ROUNDS + 1];
            let started = Instant::now();
            for (round, missed) in missed_by_rare.iter_mut().enumerate().skip(1) {
                if started.elapsed() > ENOUGH {
                    // Meetings are dear on a busy machine. The other one meets nobody any more, and ends.
                    here.store(usize::MAX, Ordering::SeqCst);
                    break;
                }
                meet(&here, &there, round);
                rarely.store(round, Ordering::Relaxed);
                rare();
                *missed = frequently.load(Ordering::Relaxed) < round;
            }
            let missed_by_frequent = frequent_side.join().expect("it does not panic");
            missed_by_frequent.iter().zip(&missed_by_rare).filter(|(one, other)| **one && **other).count()
        });
        assert_eq!(missed_by_both, 0, "rounds in which each looked before the other had written");
    }
}
