//! Title: executors 0.10.0: the work-stealing pool discards accepted jobs on shutdown
//! Subject: executors?pool=stealing
//! Requirement: SHUT-002
//! Also: MAP-007 PROG-001 PROG-003 PROG-004 PROG-006 SHUT-011 SHUT-015
//! Expect: 0 of 100 accepted jobs ran
//! Upstream: not reported as far as is known; Bathtor/rust-executors 13 is another defect of the same shutdown
//!
//! `shutdown` sends each worker a message to stop, which a worker reads before it looks at its queues
//! again. What is queued then is dropped without running, and the call reports success. The
//! documentation does not say so; the crate's other pools run what they accepted.

use executors::{Executor, crossbeam_workstealing_pool::small_pool};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

fn main() {
    let pool = small_pool(1);
    let (started, ran) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let (here, gate) = (started.clone(), Arc::new(Barrier::new(2)));
    let open = gate.clone();
    pool.execute(move || {
        here.wait();
        gate.wait();
    });
    started.wait();
    for _ in 0..100 {
        let ran = ran.clone();
        pool.execute(move || {
            ran.fetch_add(1, SeqCst);
        });
    }
    let opener = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        open.wait();
    });
    println!("shutdown: {:?}", pool.shutdown());
    opener.join().unwrap();
    println!("{} of 100 accepted jobs ran", ran.load(SeqCst));
}
