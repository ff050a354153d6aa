//! Title: executors 0.10.0: a channel pool that is dropped before its workers have begun waits for them in vain, five seconds
//! Subject: executors
//! Requirement: PROG-006
//! Also: SHUT-002
//! Expect: dropping the pool took 5 seconds
//! Upstream: not reported as far as is known
//!
//! The first thing that a worker does is to ask for the pool. If that is gone, the worker panics, and the drop of the
//! pool waits until it gives up for a worker that has ended without telling. The documentation says that the pool shuts
//! its workers down when the last handle is dropped. Depends on the schedule.

fn main() {
    for _ in 0..1_000 {
        let pool = executors::crossbeam_channel_pool::ThreadPool::new(2);
        let start = std::time::Instant::now();
        drop(pool);
        if start.elapsed().as_secs() > 0 {
            println!("dropping the pool took {} seconds", start.elapsed().as_secs());
            break;
        }
    }
}
