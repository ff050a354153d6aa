//! EXIT: the end of the program.

use crate::checks::exit as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "EXIT-001",
        area: Area::Exit,
        level: Level::Must,
        capability: Capability::Exit,
        also: &[Capability::Nested, Capability::Concurrency],
        text: "A submit at the end of the program is refused, or its task runs: none is lost without a word.",
        rationale: "Tasks that are under way when the program ends still submit, and believe what they are told.",
        provoked: "A task is at a gate while the program that holds the executor ends; the gate opens, and the task \
               submits another one, which must be refused or run before the program is gone.",
        look_at: "A handler for the program's end that lets workers go, and a submit that only asks whether this executor \
              was shut down.",
        sources: &["concurrent.futures documentation, Executor.shutdown", "https://bugs.python.org/issue33097"],
        cpython_tests: &["ExecutorShutdownTest.test_submit_after_interpreter_shutdown"],
        check: checks::exit_001,
    },
    Requirement {
        id: "EXIT-002",
        area: Area::Exit,
        level: Level::Must,
        capability: Capability::Exit,
        also: &[Capability::Concurrency],
        text: "The end of the program waits for what was accepted, running or queued, and leaves the exit code as it is.",
        rationale: "Scripts submit their work and come to their last line; the work is what they were written for.",
        provoked: "With a task at a gate and three queued behind it, the program that holds the executor ends; it must be \
               there while the gate is closed, and every task must have run when it is gone.",
        look_at: "Workers that end with the main thread, and a handler for the program's end that empties the queue.",
        sources: &["concurrent.futures documentation, ThreadPoolExecutor"],
        cpython_tests: &["ExecutorShutdownTest.test_interpreter_shutdown"],
        check: checks::exit_002,
    },
    Requirement {
        id: "EXIT-003",
        area: Area::Exit,
        level: Level::Must,
        capability: Capability::Exit,
        also: &[Capability::Concurrency, Capability::Shutdown],
        text: "The end of the program waits for what was accepted also when the executor was shut down without waiting.",
        rationale: "Shutdown without waiting says that nothing more comes, not that nothing matters any more.",
        provoked: "As for EXIT-002, with a shutdown that does not wait before the program ends.",
        look_at: "A list of open executors, for the program's end, that shutdown takes this one off.",
        sources: &["https://bugs.python.org/issue39104", "https://github.com/python/cpython/issues/83386"],
        cpython_tests: &["ExecutorShutdownTest.test_hang_gh83386"],
        check: checks::exit_003,
    },
];
