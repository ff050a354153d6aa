//! EXIT: the end of the program.

use crate::checks::exit as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
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
}];
