//! How a pool stops.

use super::pool::{Pool, Stage, Taken};
use super::sync::thread_local;
use poolproof_harness::{Failure, Job, Shutdown, blocking};
use std::cell::Cell;
use std::sync::PoisonError;

thread_local! {
    /// This worker waits for the others, or has done so: nobody inside waits for it.
    static LEAVING: Cell<bool> = const { Cell::new(false) };
}

impl Pool {
    pub(super) fn shutdown(&self, how: Shutdown) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Open) {
            state.stage = Stage::Closed;
        }
        let cancelled = if how.cancel_futures { self.take_all(&mut state) } else { Taken::default() };
        // Whoever submits from now on is refused.
        self.inlets().for_each(|inlet| {
            inlet.close();
        });
        let woken = state.idle.wake_all();
        self.note(&state);
        drop(state);
        self.rouse(&woken);
        // Waiters and callbacks are told here; they may call this executor again.
        for map in cancelled.maps {
            map.end(&Failure::Cancelled);
        }
        cancelled.jobs.into_iter().for_each(Job::cancel);
        if how.wait {
            blocking(|| self.join());
        }
    }

    /// An initialiser failed: nothing that is queued can run, nothing more is accepted.
    pub(super) fn break_down(&self, reason: &str) {
        let mut state = self.lock();
        state.stage = Stage::Broken(reason.to_owned());
        let lost = self.take_all(&mut state);
        let woken = state.idle.wake_all();
        self.note(&state);
        drop(state);
        self.rouse(&woken);
        let failure = Failure::Broken(reason.to_owned());
        for map in lost.maps {
            map.end(&failure);
        }
        for job in lost.jobs {
            job.fail(failure.clone());
        }
    }

    /// Wakes whoever waits for a task or for room: the pool has stopped.
    fn rouse(&self, workers: &[usize]) {
        workers.iter().for_each(|&number| self.locals[number].wake());
        self.room.notify_all();
    }

    /// Waits until no worker is left, but those that wait here themselves if this is one of them.
    fn join(&self) {
        let inside = self.own_number().is_some();
        let mut state = self.lock();
        if inside && !LEAVING.with(|leaving| leaving.replace(true)) {
            state.leaving += 1;
            self.gone.notify_all();
        }
        while state.alive > if inside { state.leaving } else { 0 } {
            state = self.gone.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        if !inside {
            // Every worker is past its last task. Whoever comes second waits here for the first.
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            for thread in threads.drain(..) {
                // A worker contains every panic, so there is none to pass on.
                let _ = thread.join();
            }
        }
    }

    /// The calling worker has ended.
    pub(super) fn worker_gone(&self) {
        let mut state = self.lock();
        state.alive -= 1;
        if LEAVING.with(|leaving| leaving.replace(false)) {
            state.leaving -= 1;
        }
        drop(state);
        self.gone.notify_all();
    }
}
