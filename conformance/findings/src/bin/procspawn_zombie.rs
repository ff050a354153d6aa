//! Title: procspawn 1.0.2: a worker that was killed by dropping a handle stays a zombie when the pool goes, too
//! Subject: procspawn
//! Requirement: SHUT-016
//! Expect: two seconds after pool and handle are gone its worker is a zombie
//! Upstream: not reported as far as is known
//!
//! Dropping the handle of a running task kills its process and notes that it has exited, which nobody has waited for.
//! The pool that is dropped then takes the note for granted, and nobody waits for the process as long as the program
//! lives. Depends on the schedule: often the thread that serves the worker comes first, and waits for it.

use std::time::Duration;

fn is_zombie(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

fn main() {
    procspawn::init();
    for round in 0..200 {
        let pool = procspawn::Pool::new(1).unwrap();
        let handle = pool.spawn((), |()| std::thread::sleep(Duration::from_secs(60)));
        let worker = loop {
            match handle.pid() {
                Some(worker) => break worker,
                None => std::thread::yield_now(),
            }
        };
        drop(handle);
        drop(pool);
        if !is_zombie(worker) {
            continue;
        }
        std::thread::sleep(Duration::from_secs(2));
        if is_zombie(worker) {
            println!("round {round}: two seconds after pool and handle are gone its worker is a zombie");
            break;
        }
    }
}
