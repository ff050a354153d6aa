//! Defects at the end of the program.

use super::pool::{Job, Pool, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::{Refused, Shutdown};
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![
        Broken {
            name: "submit-lost-at-program-end",
            area: Area::Exit,
            difficulty: Difficulty::Gates,
            defect: "A task submitted while the program ends goes to the end of a line that workers have left.",
            source: "bpo-33097",
            expected: &["EXIT-001"],
            steps: || Arc::new(SubmitLostAtProgramEnd(Mutex::new(None))),
        },
        Broken {
            name: "program-end-cancels-the-queue",
            area: Area::Exit,
            difficulty: Difficulty::Gates,
            defect: "The end of the program waits for running tasks, and cancels what is queued.",
            source: "concurrent.futures of several languages: daemon workers",
            expected: &["EXIT-002"],
            steps: || Arc::new(ProgramEndCancels),
        },
        Broken {
            name: "program-end-forgets-what-was-shut-down",
            area: Area::Exit,
            difficulty: Difficulty::Gates,
            defect: "The end of the program does not wait for a pool that was shut down without waiting.",
            source: "bpo-39104",
            expected: &["EXIT-003"],
            steps: || Arc::new(ProgramEndForgets),
        },
    ]
}

/// What came after the program began to end, once it did.
struct SubmitLostAtProgramEnd(Mutex<Option<Vec<Job>>>);
impl Steps for SubmitLostAtProgramEnd {
    fn program_ends(&self, pool: &Arc<Pool>) {
        *locked(&self.0) = Some(Vec::new());
        self.close(pool);
        self.await_workers(pool);
    }
    fn enqueue(&self, pool: &Arc<Pool>, job: Job) -> Result<(), Refused> {
        if let Some(late) = &mut *locked(&self.0) {
            late.push(job);
            return Ok(());
        }
        pool.enqueue(job)
    }
}

struct ProgramEndCancels;
impl Steps for ProgramEndCancels {
    fn program_ends(&self, pool: &Arc<Pool>) {
        let _ = pool.shutdown(Shutdown::CANCEL);
    }
}

struct ProgramEndForgets;
impl Steps for ProgramEndForgets {
    fn program_ends(&self, pool: &Arc<Pool>) {
        if !pool.lock().shut {
            self.close(pool);
            self.await_workers(pool);
        }
    }
}
