//! Title: procspawn 1.0.2: the death of an idle worker makes `spawn` panic, or costs the next task
//! Subject: procspawn
//! Requirement: PROC-010
//! Expect: a task that was submitted after the worker died
//! Upstream: not reported as far as is known; mitsuhiko/procspawn 37 is another way in which a failure of one side reaches the other badly
//!
//! The end of a worker without work is noticed when the next task is passed on to it. That task is given up,
//! and its handle gets an error, although nothing of it had begun. If the pool gives it up before `spawn`
//! has written its argument, `spawn` itself panics: it unwraps an error of its channel.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

fn main() {
    procspawn::init();
    let pool = procspawn::Pool::new(1).unwrap();
    let worker = pool.spawn((), |()| std::process::id()).join().unwrap();
    std::process::Command::new("kill").args(["-9", &worker.to_string()]).status().unwrap();
    // Until the process is gone; its zombie is the pool's to collect.
    while std::fs::read_to_string(format!("/proc/{worker}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let spawned = catch_unwind(AssertUnwindSafe(|| pool.spawn(7, |number: u32| number)));
    let what = match spawned {
        Err(_) => "made spawn panic".to_owned(),
        Ok(mut handle) => match handle.join_timeout(Duration::from_secs(60)) {
            Ok(number) => format!("returned {number}, as it should"),
            Err(error) => format!("was lost: {error}"),
        },
    };
    match what.as_str() {
        "returned 7, as it should" => println!("it {what}"),
        _ => println!("a task that was submitted after the worker died {what}"),
    }
    std::process::exit(0);
}
