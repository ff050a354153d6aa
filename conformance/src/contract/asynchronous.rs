//! ASYN: awaiting from asynchronous code.

use crate::checks::asynchronous as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[Requirement {
    id: "ASYN-001",
    area: Area::Async,
    level: Level::Must,
    capability: Capability::Async,
    also: &[Capability::Exceptions, Capability::Concurrency],
    text: "Who awaits a task is woken when it fails, whatever it raises, the error that ends an iteration included.",
    rationale: "Asynchronous code that waits for ever has no thread whose stack would tell.",
    provoked: "Awaits two tasks at a gate, opens it, and the tasks raise an ordinary error and StopIteration; both \
               awaits must end with a failure.",
    look_at: "A bridge that passes the error on to a coroutine, where StopIteration means something else.",
    sources: &["asyncio documentation, wrap_future", "https://github.com/python/cpython/issues/112182"],
    cpython_tests: &[],
    check: checks::asyn_001,
}];
