//! Title: procspawn 1.0.2: the panic of a task is lost when the pool kills the worker that is about to tell of it
//! Subject: procspawn
//! Requirement: FAIL-031
//! Also: FAIL-033 PROG-001 PROG-003 PROG-004 PROG-005 PROG-006
//! Expect: and the handle knows nothing of its panic
//! Upstream: not reported as far as is known
//!
//! A worker of a pool tells of a panic by its own end. The pool notices first that the channel for the
//! result has closed, kills the worker, and only then asks it what happened. Whoever joins the handle then
//! gets an error without the panic. Depends on the schedule.

use std::time::Duration;

fn main() {
    procspawn::init();
    let pool = procspawn::Pool::new(1).unwrap();
    for round in 1..2_000 {
        let mut handle = pool.spawn((), |()| panic!("the text that explains it"));
        match handle.join_timeout(Duration::from_secs(60)) {
            Ok(()) => println!("round {round}: the task returned"),
            Err(error) if error.panic_info().is_some() => continue,
            Err(error) => println!("round {round}: {error}; and the handle knows nothing of its panic"),
        }
        break;
    }
    std::process::exit(0);
}
