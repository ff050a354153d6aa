//! Title: procspawn 1.0.2: dropping the handle of a task that has just ended kills its worker, and loses the next task
//! Subject: procspawn
//! Requirement: PROG-006
//! Expect: nobody dropped its handle, and it was lost
//! Upstream: not reported as far as is known
//!
//! Dropping a handle kills the process that runs its task. The thread that serves the worker has read the result, but
//! not marked the task as finished yet: the kill hits a worker whose task is over. Nobody replaces it, since its result
//! came, and the next task is passed on to a process that is about to die. Depends on the schedule: found by
//! reading, while the other defects were repaired one by one; the check did not meet it in forty runs.

use std::time::{Duration, Instant};

fn main() {
    procspawn::init();
    let pool = procspawn::Pool::new(1).unwrap();
    for round in 0..20_000 {
        let dropped = pool.spawn((), |()| ());
        let mut next = pool.spawn(round, |round: u64| round);
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(round % 200) {
            std::hint::spin_loop();
        }
        drop(dropped);
        if let Err(error) = next.join_timeout(Duration::from_secs(60)) {
            println!("round {round}: {error}");
            println!("the task behind it: nobody dropped its handle, and it was lost");
            break;
        }
    }
    std::process::exit(0);
}
