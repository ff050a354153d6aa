//! Title: procspawn 1.0.2: a task that is spawned while the pool shuts down is accepted, and lost
//! Subject: procspawn
//! Requirement: SHUT-011
//! Expect: spawn returned a handle, shutdown returned, and the task is lost
//! Upstream: not reported as far as is known
//!
//! `spawn` panics once the pool was shut down, and `shutdown` waits until nothing is queued or running. Between the two
//! questions a task comes in that is neither refused nor waited for: its worker is killed. Depends on the schedule.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

fn main() {
    procspawn::init();
    // The panic by which `spawn` refuses is no news.
    std::panic::set_hook(Box::new(|_| ()));
    for round in 0..2_000 {
        let pool = procspawn::Pool::new(1).unwrap();
        let ready = AtomicBool::new(false);
        let spawned = std::thread::scope(|scope| {
            let spawner = scope.spawn(|| {
                ready.store(true, SeqCst);
                let spawned = catch_unwind(AssertUnwindSafe(|| pool.spawn((), |()| ())));
                // Joined at once: a result that nobody reads would hold up the shutdown.
                spawned.map(|mut handle| handle.join_timeout(Duration::from_secs(60)))
            });
            while !ready.load(SeqCst) {
                std::hint::spin_loop();
            }
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(round % 20) {
                std::hint::spin_loop();
            }
            pool.shutdown();
            spawner.join().unwrap()
        });
        // Refused, by a panic, or done.
        let Ok(Err(error)) = spawned else { continue };
        println!("round {round}: spawn returned a handle, shutdown returned, and the task is lost: {error}");
        break;
    }
    std::process::exit(0);
}
