//! Title: blocking 1.7.0: idle threads never end
//! Subject: blocking
//! Requirement: SHUT-016
//! Expect: 2 threads after five seconds without any
//! Upstream: not reported as far as is known; the condition came with smol-rs/blocking 75, which made the limit adjustable
//!
//! The documentation says that an idle thread waits for the next job or shuts down after a timeout. A
//! thread that timed out ends only if there are more threads than the limit allows, which is never so.

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn main() {
    futures_lite::future::block_on(blocking::unblock(|| ()));
    println!("{} threads after the first task", threads());
    std::thread::sleep(std::time::Duration::from_secs(5));
    println!("{} threads after five seconds without any", threads());
}
