//! The machine: where threads run, what the process used, and who else is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Lets the calling thread, and those that it starts from now on, run on these cores only.
pub(crate) fn pin(cores: &[usize]) {
    // SAFETY: the set is plain data that the macros fill in; the call reads it.
    #[allow(unsafe_code)]
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        cores.iter().for_each(|&core| libc::CPU_SET(core, &mut set));
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
    }
}

/// What the whole process has computed so far, in nanoseconds.
pub(crate) fn processor_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in `time`.
    #[allow(unsafe_code)]
    unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time);
    }
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The memory of this process that is in use, in bytes.
pub(crate) fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number of pages") * 4096
}

/// Processes that compute until this is dropped.
pub(crate) struct Hogs(Vec<std::process::Child>);

impl Hogs {
    pub(crate) fn start(count: usize) -> Self {
        let busy = || std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("a shell");
        Self((0..count).map(|_| busy()).collect())
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A bare ping-pong between two threads that sleep on a futex; returns the round trips.
pub(crate) fn ping_pong(trips: usize, other: impl FnOnce() + Send + 'static) -> Vec<u64> {
    let stop = Arc::new(AtomicBool::new(false));
    let turn = Arc::new(AtomicBool::new(false));
    let (there, ends) = (Arc::clone(&turn), Arc::clone(&stop));
    let main = std::thread::current();
    let partner = std::thread::spawn(move || {
        other();
        while !ends.load(Ordering::Acquire) {
            if there.swap(false, Ordering::AcqRel) {
                main.unpark();
            } else {
                std::thread::park();
            }
        }
    });
    let mut times = Vec::with_capacity(trips);
    for _ in 0..trips {
        let start = std::time::Instant::now();
        turn.store(true, Ordering::Release);
        partner.thread().unpark();
        while turn.load(Ordering::Acquire) {
            std::thread::park();
        }
        times.push(crate::arms::elapsed(start));
    }
    stop.store(true, Ordering::Release);
    partner.thread().unpark();
    let _ = partner.join();
    times
}
