//! NEST: tasks that use their own executor.

use crate::checks::nesting as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

const DEADLOCKS: &str = "concurrent.futures documentation, ThreadPoolExecutor: deadlocks";

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "NEST-001",
        area: Area::Nesting,
        level: Level::May,
        capability: Capability::Nested,
        also: &[Capability::Concurrency],
        text: "A task that waits for another one of the same executor progresses even if no worker is free.",
        rationale: "Divide and conquer needs it; most executors document the deadlock instead, and declare it.",
        provoked: "Where the profile declares progress: three tasks on one worker, each waiting for the next.",
        look_at: "A waiting worker that neither runs queued tasks nor lets another worker start.",
        sources: &[DEADLOCKS],
        cpython_tests: &[],
        check: checks::nest_001,
    },
    Requirement {
        id: "NEST-002",
        area: Area::Nesting,
        level: Level::Must,
        capability: Capability::Nested,
        also: &[Capability::Concurrency],
        text: "A task that submits another one and waits for it gets its value, as long as a worker is free.",
        rationale: "The documented hazard begins when no worker is free, and not before.",
        provoked: "A chain of tasks, each waiting for the next, as long as there are workers: two, and at least four.",
        look_at: "Tasks that go to the queue of the worker that submitted them, and that nobody else looks into.",
        sources: &[DEADLOCKS],
        cpython_tests: &[],
        check: checks::nest_002,
    },
    Requirement {
        id: "NEST-031",
        area: Area::Nesting,
        level: Level::Must,
        capability: Capability::Callback,
        also: &[Capability::Concurrency],
        text: "A callback may submit to the executor whose task it follows, and that task runs.",
        rationale: "Pipelines start the next stage when the one before is done.",
        provoked: "A task at a gate has a callback that submits another one; the gate opens, and that one must run.",
        look_at: "A lock held while callbacks run, and a thread for callbacks that submit would wait for.",
        sources: &["concurrent.futures documentation, Future.add_done_callback"],
        cpython_tests: &[],
        check: checks::nest_031,
    },
];
