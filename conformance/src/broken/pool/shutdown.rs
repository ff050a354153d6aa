//! How the pool stops.

use super::{Job, Pool};
use poolproof_harness::{Failure, Raised, Shutdown};
use std::sync::{Arc, PoisonError};

impl Pool {
    /// Stops accepting tasks; cancels what has not started and waits for the workers, if asked to.
    pub(in crate::broken) fn shutdown(self: &Arc<Self>, how: Shutdown) -> Result<(), Raised> {
        self.steps.close(self);
        let cancelled: Vec<Job> = if how.cancel_futures { self.lock().queue.drain(..).collect() } else { Vec::new() };
        for future in cancelled.into_iter().flatten() {
            self.steps.cancel_stranded(&future);
        }
        if !how.wait {
            return Ok(());
        }
        if self.is_mine() {
            return Err(Raised::new("RuntimeError", "a worker cannot wait for its own end"));
        }
        self.steps.await_workers(self);
        Ok(())
    }

    /// Accepts nothing any more, and wakes the workers that have nothing to do.
    pub(in crate::broken) fn close(&self) {
        self.lock().shut = true;
        self.work.notify_all();
        self.change.notify_all();
    }

    /// Waits until every worker has retired and its thread is gone.
    pub(in crate::broken) fn await_workers(&self) {
        let mut line = self.lock();
        while line.alive() > 0 {
            line = self.change.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        let threads = std::mem::take(&mut line.threads);
        drop(line);
        for thread in threads {
            let _ = thread.join();
        }
    }
}

/// The failure of a task whose pool broke before it started.
pub(in crate::broken) fn broken(reason: &str) -> Failure {
    Failure::Broken(reason.to_owned())
}
