//! Executors whose cost is known: they run each task where it is submitted, after computing for a
//! time that is written in their address. What the engine says of them can be compared with what
//! was put in.

use poolproof_harness::{
    Config, Contender, Job, NativeContender, OpenError, Refused, Shutdown, Spawn, Supplied, Task, Work, Workload,
    calibrate_spin,
};
use std::sync::atomic::{Ordering, fence};

/// The address of the calibration executor that adds `nanoseconds` to each task.
pub(crate) fn calibration_address(nanoseconds: u64) -> String {
    format!("{SCHEME}{nanoseconds}")
}

const SCHEME: &str = "calibration?ns=";

/// The contender at a calibration address; `None` for all other addresses.
pub(super) fn calibration(address: &str) -> Option<Box<dyn Contender>> {
    let nanoseconds: u64 = address.strip_prefix(SCHEME)?.parse().ok()?;
    let open = move |_: &Config| Ok::<_, OpenError>(Supplied::new(Burdened::by(nanoseconds)));
    Some(Box::new(NativeContender::new(address, open)))
}

/// Runs each job in its submitter, after `turns` of the spin loop.
#[derive(Debug)]
struct Burdened {
    turns: u64,
}

impl Burdened {
    fn by(nanoseconds: u64) -> Self {
        Self { turns: (nanoseconds as f64 / 1e3 * calibrate_spin()).round() as u64 }
    }
}

impl Spawn for Burdened {
    fn spawn(&self, job: Job) -> Result<(), Refused> {
        // Computed, not timed: whatever slows the tasks slows this by the same factor.
        let burden = Work { number: 0, workload: Workload::Cpu(0), turns: self.turns, port: 0 };
        // The processor begins what follows before a computation has ended: up to some 35 ns of it would cost
        // nothing. It waits at a fence, and does so with no burden too.
        fence(Ordering::SeqCst);
        burden.run().map_err(Refused::Other)?;
        fence(Ordering::SeqCst);
        job.run();
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) {}
}
