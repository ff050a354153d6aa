//! Title: executors 0.10.0: a job that comes when the channel pool was shut down is accepted, and its handle never resolves
//! Subject: executors
//! Requirement: SHUT-011
//! Expect: accepted, and done two seconds later: false
//! Upstream: not reported as far as is known
//!
//! `spawn` puts its job into the channel whether the pool was shut down or not; `execute` looks first. Behind the messages
//! that stop the workers nobody takes it, and it keeps the channel alive itself, so whoever awaits its handle waits for
//! ever. The documentation of `spawn` and of `shutdown` does not say so. The adapter refuses what comes after
//! `shutdown`; the check meets it where a submit and a shutdown come at once, which depends on the schedule.

use executors::futures_executor::FuturesExecutor;
use executors::{Executor, crossbeam_channel_pool::ThreadPool};

fn main() {
    let pool = ThreadPool::new(1);
    pool.shutdown_borrowed().unwrap();
    let handle = pool.spawn(async {});
    std::thread::sleep(std::time::Duration::from_secs(2));
    println!("accepted, and done two seconds later: {}", handle.is_finished());
}
