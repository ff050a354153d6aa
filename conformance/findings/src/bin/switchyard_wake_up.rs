//! Title: switchyard 0.3.1: a job waits although a worker is idle
//! Subject: switchyard
//! Requirement: WAIT-032
//! Also: MAP-001 WAIT-004 WORK-002 WORK-007 WORK-033
//! Expect: two jobs, two workers, 1 of them active
//! Upstream: not reported as far as is known
//!
//! Each `spawn` wakes the first worker that is not marked as running, and a worker marks itself only after
//! it woke up. Two jobs that are spawned in quick succession wake the same worker; the other one sleeps on
//! while the second job waits, for as long as the first one runs. Depends on the schedule.

use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;
use switchyard::{Switchyard, threads::ThreadAllocationOutput};

fn main() {
    for round in 1..100_000 {
        let thread = |ident| ThreadAllocationOutput { name: None, ident, stack_size: None, affinity: None };
        let yard = Switchyard::new((0..2).map(thread), || ()).unwrap();
        // Both workers are idle.
        futures_lite::future::block_on(yard.wait_for_idle());
        let (said, heard) = mpsc::channel();
        let meeting = Arc::new(Barrier::new(2));
        for _ in 0..2 {
            let (meeting, said) = (meeting.clone(), said.clone());
            drop(yard.spawn(0, async move {
                meeting.wait();
                let _ = said.send(());
            }));
        }
        if heard.recv_timeout(Duration::from_secs(10)).is_err() {
            println!("round {round}: two jobs, two workers, {} of them active after ten seconds", yard.active_threads());
            std::process::exit(0);
        }
    }
}
