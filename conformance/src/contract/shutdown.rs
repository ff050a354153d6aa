//! SHUT: stopping.

use crate::checks::shutdown as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
    id: "SHUT-002",
    area: Area::Shutdown,
    level: Level::Must,
    capability: Capability::Shutdown,
    also: &[Capability::Concurrency],
    text: "A waiting shutdown returns only when every accepted task, queued or running, is done.",
    rationale: "Programs release what tasks use as soon as shutdown returns.",
    provoked: "Holds the only worker at a gate with more tasks queued, calls shutdown in a thread of its own and \
                   opens the gate only then; every future must be done when shutdown returns.",
    look_at: "A shutdown that looks at the running tasks or at the queue, but not at both.",
    sources: &["concurrent.futures documentation, Executor.shutdown"],
    cpython_tests: &[
        "ExecutorShutdownTest.test_hang_issue12364",
        "ThreadPoolShutdownTest.test_threads_terminate",
        "ProcessPoolShutdownTest.test_processes_terminate",
    ],
    check: checks::shut_002,
}];
