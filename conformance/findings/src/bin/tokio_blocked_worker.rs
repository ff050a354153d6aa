//! Title: tokio 1.54.1: now and then a task is not started while another one blocks a worker, though a second worker has nothing to do
//! Subject: tokio
//! Requirement: MAP-001
//! Expect: the second task has not ended after five seconds
//! Upstream: tokio-rs/tokio 6847 and 6876 trace the same in a test of tokio itself; 4730 is the wider complaint
//!
//! tokio's documentation says that a task must not block its thread, and has `spawn_blocking` for that (subject
//! `tokio-blocking`). Two tasks on two workers run at once nearly always all the same; seldom, in 7 of 4,661,205
//! rounds of one measurement, the second one waits for the end of the first. Whoever lets tasks of `spawn` wait for one another outside
//! of `await` must not rely on a second worker. Depends on the schedule.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

fn main() {
    let (begin, found) = (Instant::now(), AtomicBool::new(false));
    let search = || {
        while begin.elapsed() < Duration::from_secs(100) && !found.load(SeqCst) {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
            for _ in 0..5 {
                let (open, gate) = channel::<()>();
                let (said, ended) = channel();
                runtime.spawn(async move { gate.recv() });
                runtime.spawn(async move { said.send(()) });
                if ended.recv_timeout(Duration::from_secs(5)).is_err() {
                    found.store(true, SeqCst);
                    println!("the second task has not ended after five seconds");
                    open.send(()).unwrap();
                    ended.recv().unwrap();
                    println!("it ended when the first one had");
                }
            }
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(search)));
    });
}
