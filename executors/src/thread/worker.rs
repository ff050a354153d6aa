//! The life of a worker.

use super::pool::Pool;
use poolproof_harness::{contain, with_interpreter};

/// Initialises, then runs tasks until there is nothing left to do.
pub(super) fn run(pool: &Pool) {
    pool.enter();
    let _gone = Gone(pool);
    if let Err(reason) = initialise(pool) {
        pool.break_down(&reason);
        return;
    }
    while let Some(job) = pool.take() {
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

/// Takes the worker off the books, however it ends.
struct Gone<'a>(&'a Pool);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.worker_gone();
    }
}
