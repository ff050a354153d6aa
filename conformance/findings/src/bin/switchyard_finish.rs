//! Title: switchyard 0.3.1: `finish` leaves a job behind, and its handle never resolves
//! Subject: switchyard
//! Requirement: SHUT-002
//! Also: MAP-007 PROG-004 PROG-006 SHUT-011 SHUT-015
//! Expect: finish() returned, and the job never ran
//! Upstream: not reported as far as is known
//!
//! A worker that was woken for a job looks first whether the pool was finished, and if so ends without
//! running the job. The documentation of `finish` says that the threads end as soon as they finish their
//! jobs. The job stays in the queue, which it keeps alive itself, so whoever awaits its handle waits for
//! ever. Depends on the schedule: the first job is lost within some hundred rounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use switchyard::{Switchyard, threads::single_thread};

fn main() {
    for round in 1.. {
        let mut yard = Switchyard::new(single_thread(None, None), || ()).unwrap();
        // The worker is idle.
        futures_lite::future::block_on(yard.wait_for_idle());
        let ran = Arc::new(AtomicBool::new(false));
        let flag = ran.clone();
        let _handle = yard.spawn(0, async move { flag.store(true, SeqCst) });
        yard.finish();
        if !ran.load(SeqCst) {
            println!("round {round}: finish() returned, and the job never ran");
            return;
        }
    }
}
