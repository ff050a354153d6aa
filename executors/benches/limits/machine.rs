//! The machine: where threads run, what the process used, and who else is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

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

/// A bare ping-pong between the thread that made it and one of its own, which sleep on a futex at once.
pub(crate) struct Partner {
    turn: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

const OURS: u32 = 0;
const THEIRS: u32 = 1;
const OVER: u32 = 2;

impl Partner {
    /// `other` says where the second thread runs.
    pub(crate) fn start(other: impl FnOnce() + Send + 'static) -> Self {
        let turn = Arc::new(AtomicU32::new(OURS));
        let (there, main) = (Arc::clone(&turn), std::thread::current());
        let partner = move || {
            other();
            loop {
                match there.compare_exchange(THEIRS, OURS, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => main.unpark(),
                    Err(OVER) => return,
                    Err(_) => std::thread::park(),
                }
            }
        };
        Self { turn, thread: Some(std::thread::spawn(partner)) }
    }

    fn turn_to(&self, turn: u32) {
        self.turn.store(turn, Ordering::Release);
        self.thread.iter().for_each(|thread| thread.thread().unpark());
    }

    /// How long a round trip took.
    pub(crate) fn trip(&self) -> u64 {
        let start = Instant::now();
        self.turn_to(THEIRS);
        while self.turn.load(Ordering::Acquire) != OURS {
            std::thread::park();
        }
        crate::arms::elapsed(start)
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        self.turn_to(OVER);
        self.thread.take().map(JoinHandle::join);
    }
}

/// The round trips of a [`Partner`].
pub(crate) fn ping_pong(trips: usize, other: impl FnOnce() + Send + 'static) -> Vec<u64> {
    let partner = Partner::start(other);
    (0..trips).map(|_| partner.trip()).collect()
}
