//! Defects at the end of the program.

use super::pool::{Job, Pool, Steps};
use super::{Broken, Difficulty, locked};
use crate::Area;
use poolproof_harness::Refused;
use std::sync::{Arc, Mutex};

pub(super) fn broken() -> Vec<Broken> {
    vec![Broken {
        name: "submit-lost-at-program-end",
        area: Area::Exit,
        difficulty: Difficulty::Gates,
        defect: "A task submitted while the program ends goes to the end of a line that workers have left.",
        source: "bpo-33097",
        expected: &["EXIT-001"],
        steps: || Arc::new(SubmitLostAtProgramEnd(Mutex::new(None))),
    }]
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
