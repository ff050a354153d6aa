//! Disturbs the schedule of a check on purpose, so that what depends on it has a chance to show.
//!
//! At the boundary between a check and its executor (before and after a submit, at the start and the
//! end of a task, before and after a result is picked up) threads are delayed a little, by a seed:
//! each seed delays at some of these points and not at others, pins the process to one processor or
//! does not, and makes some workers less urgent than others. A right executor does not care. The
//! delays are far shorter than anything a check waits for, and never what a check waits for.

use crate::{hand_down, handed_down};
use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Where a thread may be delayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Before a task is submitted.
    BeforeSubmit,
    /// After it was accepted.
    AfterSubmit,
    /// When its body begins, in the worker.
    TaskStart,
    /// When its body has ended, in the worker.
    TaskEnd,
    /// Before a result is asked for, or a future is cancelled or given a callback.
    BeforePickUp,
    /// After that.
    AfterPickUp,
}

/// What is handed down to worker processes.
const FACT: &str = "schedule";

/// The seed; zero where nothing is disturbed.
static SEED: LazyLock<AtomicU64> = LazyLock::new(|| {
    let inherited = handed_down(FACT).and_then(|seed| seed.parse().ok());
    AtomicU64::new(inherited.unwrap_or(0))
});

/// Tells threads apart.
static THREADS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The number of this thread, and how often it came to a boundary.
    static PASSED: Cell<(u64, u64)> = Cell::new((THREADS.fetch_add(1, Ordering::Relaxed), 0));
}

/// Disturbs this process, and the processes that it starts, by `seed` from now on.
pub fn disturb(seed: u64) {
    let seed = seed.max(1);
    hand_down(FACT, &seed.to_string());
    // Relaxed, like its reading: the number is all there is.
    SEED.store(seed, Ordering::Relaxed);
    if mixed(seed, 1).is_multiple_of(4) {
        pin(mixed(seed, 2));
    }
}

/// Delays this thread a little, or does not.
pub fn at(boundary: Boundary) {
    let seed = SEED.load(Ordering::Relaxed);
    if seed == 0 {
        return;
    }
    let (thread, passed) = PASSED.get();
    PASSED.set((thread, passed + 1));
    if passed == 0 && boundary == Boundary::TaskStart && mixed(seed, 3 + thread).is_multiple_of(8) {
        be_less_urgent();
    }
    // Half of the boundaries are left alone by one seed, others by another.
    if (mixed(seed, 0) >> (boundary as u32)) & 1 == 0 {
        return;
    }
    let chance = mixed(seed ^ (thread << 32), 64 + passed);
    match chance % 8 {
        0..=3 => {}
        4 | 5 => thread::yield_now(),
        6 => (0..chance >> 8 & 0xfff).for_each(|_| spin_loop()),
        _ => thread::sleep(Duration::from_micros((chance >> 8) % 300)),
    }
}

/// A number that looks random, always the same for the same two.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Leaves this thread, and those that it starts, one of the processors that it may use.
fn pin(choice: u64) {
    // SAFETY: `set` is a plain bit set of the size that the calls are told; an all-zero one is valid.
    #[allow(unsafe_code)]
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let size = std::mem::size_of_val(&set);
        if libc::sched_getaffinity(0, size, &raw mut set) != 0 {
            return;
        }
        let mine: Vec<_> = (0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).collect();
        let Some(&cpu) = mine.get((choice % mine.len().max(1) as u64) as usize) else { return };
        libc::CPU_ZERO(&mut set);
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size, &raw const set);
    }
}

/// Lowers the priority of this thread for good.
fn be_less_urgent() {
    // SAFETY: setpriority on the calling thread has no memory effects.
    #[allow(unsafe_code)]
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_disturb_different_boundaries() {
        let masks: std::collections::HashSet<_> = (1..20).map(|seed| mixed(seed, 0) & 0x3f).collect();
        assert!(masks.len() > 10, "{masks:?}");
        assert_eq!(mixed(7, 3), mixed(7, 3));
    }
}
