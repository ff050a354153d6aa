//! Title: executors 0.10.0: a worker of the channel pool that drops the last handle waits for itself, five seconds
//! Subject: executors
//! Requirement: SHUT-016
//! Expect: one second after the job and the last handle its worker is still there
//! Upstream: not reported as far as is known
//!
//! A job that was spawned holds a handle of its pool. If it is the last one, its worker drops the pool, which waits for
//! the end of all workers, and so for its own, until it gives up.

use executors::{crossbeam_channel_pool::ThreadPool, futures_executor::FuturesExecutor};
use std::time::Duration;

fn main() {
    let pool = ThreadPool::new(1);
    let handle = pool.spawn(async { std::thread::sleep(Duration::from_millis(200)) });
    handle.detach();
    // The worker has begun.
    std::thread::sleep(Duration::from_millis(100));
    drop(pool);
    std::thread::sleep(Duration::from_millis(1_100));
    if std::fs::read_dir("/proc/self/task").unwrap().count() > 1 {
        println!("one second after the job and the last handle its worker is still there");
    }
}
