//! Title: procspawn 1.0.2: `spawn` of a large argument blocks until a worker reads it
//! Subject: procspawn
//! Requirement: PROC-012
//! Also: PROG-006 RES-005
//! Expect: spawn returned only after the worker was free
//! Upstream: not reported as far as is known
//!
//! `spawn` itself writes the argument into the socket of the task's channel. Beyond what the socket holds it
//! waits until a worker reads, so that whoever submits behind a long task waits for that task to end. Behind a worker
//! that itself waits for a result to be read (the finding on unread results) it waits for ever: RES-005 needs both.

use std::time::{Duration, Instant};

fn main() {
    procspawn::init();
    let pool = procspawn::Pool::new(1).unwrap();
    let busy = pool.spawn((), |()| std::thread::sleep(Duration::from_secs(3)));
    // Somebody reads its result, which is no part of this.
    std::thread::spawn(move || busy.join());
    std::thread::sleep(Duration::from_millis(500));
    let start = Instant::now();
    let _large = pool.spawn(vec![0_u8; 4 << 20], |bytes: Vec<u8>| bytes.len());
    if start.elapsed() > Duration::from_secs(2) {
        println!("spawn returned only after the worker was free");
    } else {
        println!("spawn returned at once");
    }
    std::process::exit(0);
}
