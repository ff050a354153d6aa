//! SUB: accepting tasks.

use crate::checks::submit as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
    id: "SUB-001",
    area: Area::Submit,
    level: Level::Must,
    capability: Capability::Submit,
    also: &[Capability::Concurrency],
    text: "Submit returns a future at once and starts the task without being asked for its result.",
    rationale: "Callers submit from threads that must not block, and often never look at the future.",
    provoked: "Submits a task that stops at a gate: submit must return before the gate opens, the task must reach \
                   the gate although nobody waits for it, and it must end once the gate is open.",
    look_at: "A submit that runs or waits for the task, and workers that are only woken by a waiter.",
    sources: &["concurrent.futures documentation, Executor.submit", "PEP 3148, Executor"],
    cpython_tests: &["ExecutorTest.test_submit", "ThreadPoolExecutorTest.test_map_submits_without_iteration"],
    check: checks::sub_001,
}];
