//! The life of a worker.

use super::inlet::Inlet;
use super::pool::{Pool, Stage, State};
use super::sync::{MutexGuard, found_more, search};
use poolproof_harness::{Job, contain, with_interpreter};

/// Initialises, then runs tasks until there is nothing left to do.
pub(super) fn run(pool: &Pool, number: usize) {
    pool.enter(number);
    let _gone = Gone(pool);
    if let Err(reason) = initialise(pool) {
        pool.break_down(&reason);
        return;
    }
    while let Some(job) = pool.next(number) {
        interpreted(pool, || job.run());
    }
}

fn initialise(pool: &Pool) -> Result<(), String> {
    let Some(initialiser) = &pool.config.initialiser else { return Ok(()) };
    match interpreted(pool, || contain(initialiser)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(raised)) => Err(format!("an initialiser failed: {raised}")),
        Err(panic) => Err(format!("an initialiser panicked: {panic}")),
    }
}

/// Runs `body` holding the interpreter lock, if there is one.
fn interpreted<R>(pool: &Pool, body: impl FnOnce() -> R) -> R {
    match &pool.config.interpreter {
        None => body(),
        Some(lock) => with_interpreter(lock, body),
    }
}

impl Pool {
    /// The next task for worker `number`; `None` when there is nothing left to do, ever.
    fn next(&self, number: usize) -> Option<Job> {
        // Older than anything in the shared queue, see `submit`.
        if let Some(job) = self.locals[number].own.pop() {
            return Some(job);
        }
        let mut state = self.lock();
        let (mut searching, mut searched) = (false, false);
        loop {
            if let Some(job) = self.find(&mut state, number) {
                self.leave_with_task(state, searching);
                return Some(job);
            }
            if !matches!(state.stage, Stage::Open) && self.is_drained() {
                if searching {
                    state.idle.stop_searching();
                }
                return None;
            }
            if !searched {
                if !searching {
                    state.idle.search();
                    searching = true;
                    self.note(&state);
                }
                drop(state);
                search(|| self.is_promising().then_some(()));
                searched = true;
            } else {
                state.idle.sleep(number);
                self.note(&state);
                if self.is_promising() || !matches!(state.stage, Stage::Open) {
                    state.idle.wake_up();
                    self.note(&state);
                    drop(state);
                } else {
                    drop(state);
                    self.locals[number].sleep();
                    // Who woke this worker has counted it as searching.
                    searched = false;
                }
            }
            state = self.lock();
        }
    }

    /// Takes a task from the shared queue, or the oldest one of another worker.
    fn find(&self, state: &mut State, number: usize) -> Option<Job> {
        let count = self.locals.len();
        let others = (1..count).map(|step| &self.locals[(number + step) % count]);
        self.pop(state).or_else(|| others.into_iter().find_map(|other| other.own.pop()))
    }

    /// Whether there seems to be something in any queue.
    fn is_promising(&self) -> bool {
        self.seems_queued() || self.locals.iter().any(|local| local.own.is_promising())
    }

    /// Whether nothing is left in the inlets of a pool that has stopped, for good.
    fn is_drained(&self) -> bool {
        self.inlets().all(Inlet::close)
    }

    /// This worker has found a task. If it was the last one that searched, and there is more to
    /// find, the next one is woken.
    fn leave_with_task(&self, mut state: MutexGuard<'_, State>, searching: bool) {
        let mut woken = None;
        let more = searching && state.queue.len() > 0;
        if searching {
            state.idle.stop_searching();
            // From here on a push calls for help; what was pushed before is seen below.
            self.note(&state);
            if state.idle.could_wake() && (state.queue.len() > 0 || self.inlets().any(Inlet::is_promising)) {
                woken = state.idle.wake_one();
                self.note(&state);
            }
        }
        let blocked = state.blocked > 0;
        drop(state);
        if more {
            found_more();
        }
        if let Some(number) = woken {
            self.locals[number].wake();
        }
        if blocked {
            self.room.notify_one();
        }
    }
}

/// Takes the worker off the books, however it ends.
struct Gone<'a>(&'a Pool);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.worker_gone();
    }
}
