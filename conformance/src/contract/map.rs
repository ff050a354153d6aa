//! MAP: applying a task to every item of an input.

use crate::checks::map as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
    id: "MAP-001",
    area: Area::Map,
    level: Level::Must,
    capability: Capability::Map,
    also: &[Capability::Concurrency],
    text: "Map yields results in input order, whatever order the tasks complete in.",
    rationale: "Callers zip the results with their input.",
    provoked: "Runs one item per worker; each waits at a gate of its own, and the gates open from the last item to \
                   the first, each after the item before it ended.",
    look_at: "Results collected as they arrive, or slots filled by a counter of completions.",
    sources: &["concurrent.futures documentation, Executor.map"],
    cpython_tests: &["ExecutorTest.test_map"],
    check: checks::map_001,
}];
