//! Title: procspawn 1.0.2: a result that nobody reads blocks its worker, and the tasks behind it
//! Subject: procspawn
//! Requirement: SUB-006
//! Also: FAIL-001 FUT-002 MAP-003 MAP-004 MAP-007 PROF-004 PROF-007 PROG-003 PROG-004 PROG-005 RES-005 SHUT-001 SHUT-002 SHUT-004 SHUT-009 SHUT-011 SHUT-012 SHUT-015 SUB-010 WORK-007
//! Expect: after five seconds: timed out
//! Upstream: not reported as far as is known; mitsuhiko/procspawn 48 is another defect of the same handles
//!
//! The thread that serves a worker hands each result over through a channel without room, and so waits
//! until somebody joins the handle. A pool of one worker whose second task is joined first never runs it.

fn main() {
    procspawn::init();
    let pool = procspawn::Pool::new(1).unwrap();
    let _first = pool.spawn(1, |number: u32| number);
    let mut second = pool.spawn(2, |number: u32| number);
    match second.join_timeout(std::time::Duration::from_secs(5)) {
        Ok(number) => println!("the second task returned {number}"),
        Err(error) if error.is_timeout() => println!("the second task, after five seconds: timed out"),
        Err(error) => println!("the second task failed: {error}"),
    }
    // Dropping the pool ends its process.
    std::process::exit(0);
}
