//! ASYN: awaiting from asynchronous code.

use crate::checks::asynchronous as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
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
    },
    Requirement {
        id: "ASYN-002",
        area: Area::Async,
        level: Level::Must,
        capability: Capability::Async,
        also: &[Capability::Concurrency],
        text: "Who awaits a task gets its value: when it ends, and also when it ended long before.",
        rationale: "Code that awaits must not care whether it came before the result or after it.",
        provoked: "Awaits a task at a gate, opens it, and the await must give the value; then awaits the same task again.",
        look_at: "A waker that is registered after the state was looked at, without a lock around both.",
        sources: &["asyncio documentation, wrap_future"],
        cpython_tests: &[],
        check: checks::asyn_002,
    },
];
