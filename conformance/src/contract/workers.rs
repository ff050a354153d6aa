//! WORK: workers and their initialiser.

use crate::checks::workers as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
    id: "WORK-002",
    area: Area::Workers,
    level: Level::Must,
    capability: Capability::Concurrency,
    also: &[],
    text: "As many tasks as there are workers can run at once, whatever happened before.",
    rationale: "Tasks that wait for one another deadlock on a pool that is smaller than it says.",
    provoked: "As many tasks as workers meet at one gate, twice; the runner repeats it after every other check.",
    look_at: "Workers lost to a panic or a dead process, and counters of idle workers that drift.",
    sources: &["concurrent.futures documentation, ThreadPoolExecutor"],
    cpython_tests: &[],
    check: checks::work_002,
}];
