//! Title: executors 0.10.0: what a task panicked with does not reach its handle
//! Subject: executors
//! Requirement: FAIL-031
//! Expect: the handle panics with: Task polled after completion
//! Upstream: not reported as far as is known
//!
//! A task that panics unwinds its worker, which is replaced, as documented. Whoever awaits its handle
//! panics, too, but with a message of the handle's own, as if it had been misused.

use executors::crossbeam_channel_pool::ThreadPool;
use executors::futures_executor::FuturesExecutor;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn main() {
    let pool = ThreadPool::new(1);
    let handle = pool.spawn(async { panic!("the text that explains it") });
    let awaited: Result<(), _> = catch_unwind(AssertUnwindSafe(|| futures_lite::future::block_on(handle)));
    let payload = awaited.unwrap_err();
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    println!("the handle panics with: {}", text.unwrap_or("something that is no text"));
}
