//! Title: executors 0.10.0: a job that waits for its own job waits for ever, although a worker is idle
//! Subject: executors?pool=stealing
//! Requirement: NEST-002
//! Expect: the inner job did not run in ten seconds, and one of two workers is idle
//! Upstream: not reported as far as is known
//!
//! What a worker of the work-stealing pool submits goes to its own queue, and nobody is woken for it. A
//! worker that is awake steals it from there; one that sleeps does not. Depends on the schedule: a
//! worker goes to sleep when it has found nothing for a while.

use executors::{Executor, crossbeam_workstealing_pool::small_pool};
use std::sync::mpsc::channel;
use std::time::Duration;

fn main() {
    let pool = small_pool(2);
    // Both workers go to sleep.
    std::thread::sleep(Duration::from_secs(1));
    let (said, heard) = channel();
    let inner_pool = pool.clone();
    pool.execute(move || {
        let (ran, inner) = channel();
        inner_pool.execute(move || {
            let _ = ran.send(());
        });
        let _ = said.send(inner.recv_timeout(Duration::from_secs(10)));
    });
    match heard.recv().unwrap() {
        Ok(()) => println!("the inner job ran"),
        Err(_) => println!("the inner job did not run in ten seconds, and one of two workers is idle"),
    }
}
