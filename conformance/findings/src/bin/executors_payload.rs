//! Title: executors 0.10.0: a panic whose payload panics when it is dropped ends the process
//! Subject: executors
//! Requirement: FAIL-032
//! Expect: thread result panicked on drop
//! Upstream: not reported as far as is known
//!
//! The panic of a task leaves the worker's thread as its result. The standard library drops that result
//! when the thread ends, and aborts the process if that panics. The documentation says that the pool replaces workers
//! that panic. No check asks for it: the adapter does not offer panics, since the handles do not carry them.

use executors::Executor;
use executors::crossbeam_channel_pool::ThreadPool;

struct Payload;
impl Drop for Payload {
    fn drop(&mut self) {
        panic!("and again");
    }
}

fn main() {
    let pool = ThreadPool::new(1);
    pool.execute(|| std::panic::panic_any(Payload));
    std::thread::sleep(std::time::Duration::from_secs(5));
    println!("the process lives on");
}
