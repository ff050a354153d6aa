//! MEM: releasing what tasks carried.

use crate::checks::memory as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

const RELEASE: &str = "https://bugs.python.org/issue16284";

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "MEM-001",
        area: Area::Memory,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "What a task carried is released when it has run, although its future lives and its worker is idle.",
        rationale: "Futures are kept for their results; the arguments may be a thousand times larger.",
        provoked: "Runs one task that carries a canary, keeps the future, submits nothing more and waits for the \
                   canary's release.",
        look_at: "A worker's variable that holds the last task until the next one comes, and futures that hold theirs.",
        sources: &[RELEASE],
        cpython_tests: &["ExecutorTest.test_no_stale_references"],
        check: checks::mem_001,
    },
    Requirement {
        id: "MEM-007",
        area: Area::Memory,
        level: Level::Must,
        capability: Capability::CancelFutures,
        also: &[Capability::Concurrency, Capability::Shutdown],
        text: "What tasks carried that shutdown cancels is released at once, not when the running tasks are done.",
        rationale: "A program that gives up wants its memory back.",
        provoked: "Holds every worker, queues tasks that carry canaries, shuts down with cancel_futures and waits for \
                   the last one's release while the gate is still closed.",
        look_at: "A queue of cancelled tasks that waits for a worker to drain it.",
        sources: &["concurrent.futures documentation, Executor.shutdown"],
        cpython_tests: &["ExecutorShutdownTest.test_cancel_futures"],
        check: checks::mem_007,
    },
    Requirement {
        id: "MEM-031",
        area: Area::Memory,
        level: Level::Should,
        capability: Capability::Submit,
        also: &[],
        text: "What a failed task carried is released with its future at the latest.",
        rationale: "A failure that is read and dropped must not keep what it was about, wherever it went.",
        provoked: "Runs one task that carries a canary and fails, reads the failure, drops the future and waits for the \
                   release.",
        look_at: "Errors that keep the frames of the task, and refer to themselves in a circle.",
        sources: &[RELEASE, "https://bugs.python.org/issue35930"],
        cpython_tests: &["ExecutorTest.test_no_stale_references"],
        check: checks::mem_031,
    },
    Requirement {
        id: "MEM-032",
        area: Area::Memory,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "A future that was dropped keeps nothing alive: what its task carried is released when that has run.",
        rationale: "Fire and forget must not leak.",
        provoked: "Drops the future of a task that stands at a gate with a canary, opens the gate and waits for the \
                   release.",
        look_at: "A table of unfinished tasks from which only the reader of a result removes.",
        sources: &[RELEASE],
        cpython_tests: &["ExecutorTest.test_no_stale_references"],
        check: checks::mem_032,
    },
    Requirement {
        id: "MEM-033",
        area: Area::Memory,
        level: Level::Must,
        capability: Capability::Map,
        also: &[],
        text: "What an item of a map carried is released when its result was read, although the map goes on to live.",
        rationale: "Maps run over inputs that do not fit in memory as a whole.",
        provoked: "Reads the results of three items that carry canaries and waits for each release in turn.",
        look_at: "An iterator that keeps the futures, or the items, that it is done with.",
        sources: &["concurrent.futures documentation, Executor.map"],
        cpython_tests: &["ExecutorTest.test_free_reference"],
        check: checks::mem_033,
    },
    Requirement {
        id: "MEM-034",
        area: Area::Memory,
        level: Level::Should,
        capability: Capability::CancelFutures,
        also: &[Capability::Concurrency, Capability::Shutdown, Capability::Isolation],
        text: "In the process that submitted, what tasks carried that shutdown cancels is released at once.",
        rationale: "What never went to a worker has no reason to stay.",
        provoked: "As for MEM-007, on workers in processes of their own.",
        look_at: "Two tables of waiting tasks, of which only one is emptied.",
        sources: &["concurrent.futures documentation, Executor.shutdown"],
        cpython_tests: &["ExecutorShutdownTest.test_cancel_futures"],
        check: checks::mem_034,
    },
];
