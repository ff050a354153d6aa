//! FUT: the states of a future.

use crate::checks::future as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "FUT-001",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "A future goes from running to finished and stays finished, whatever is asked of it afterwards.",
        rationale: "Whoever saw a future done acts on it; a state that moves back makes that action wrong.",
        provoked: "Reads the predicates while the task stands at a gate, before and after an attempt to cancel it, \
               after its value arrived, after another attempt, and after shutdown.",
        look_at: "A cancel that overwrites the state of a finished task, and a shutdown that resets futures.",
        sources: &["PEP 3148, Future", "concurrent.futures documentation, Future"],
        cpython_tests: &["FutureTests.test_running", "FutureTests.test_done"],
        check: checks::fut_001,
    },
    Requirement {
        id: "FUT-002",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "The predicates tell pending, running, finished and cancelled apart: running, done and cancelled are \
               all false, only running, only done, or done and cancelled.",
        rationale: "Progress displays and retry loops decide by these three answers.",
        provoked: "Holds the only worker at a gate with three tasks queued, cancels the second, and reads the \
               predicates of all before and after the gate opens.",
        look_at: "A running flag that is set at submit, or not cleared at the end; a cancelled future that is not \
               done.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &["FutureTests.test_running", "FutureTests.test_done", "FutureTests.test_cancelled"],
        check: checks::fut_002,
    },
    Requirement {
        id: "FUT-003",
        area: Area::Future,
        level: Level::May,
        capability: Capability::Isolation,
        also: &[Capability::Concurrency],
        text: "A process executor may call tasks running that are only handed over, at most one for each worker and \
               one more.",
        rationale: "Such a task can no longer be cancelled, so their number limits what cancel can reach.",
        provoked: "Occupies every worker at a gate, submits many more tasks and counts the futures that say they are \
               running.",
        look_at: "A transport that takes as much as its buffer holds.",
        sources: &["CPython, concurrent/futures/process.py, EXTRA_QUEUED_CALLS"],
        cpython_tests: &[],
        check: checks::fut_003,
    },
    Requirement {
        id: "FUT-031",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Timeout,
        also: &[],
        text: "A future that says it is done answers at once, without waiting.",
        rationale: "Event loops ask whether a future is done and then take the result without a thread to wait in.",
        provoked: "Asks twenty futures whether they are done until they are, then asks for the result with a limit \
               of zero.",
        look_at: "A state that is published before the outcome is.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &[],
        check: checks::fut_031,
    },
    Requirement {
        id: "FUT-032",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "The predicates never block, also while other threads wait for the result.",
        rationale: "A watchdog or a display asks while somebody else waits.",
        provoked: "Three threads wait for a task at a gate; the predicates are asked meanwhile and must say that it \
               runs.",
        look_at: "A waiter that sleeps without giving up the future's lock.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &[],
        check: checks::fut_032,
    },
    Requirement {
        id: "FUT-033",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "Where the profile declares it, a task whose future is dropped still runs.",
        rationale: "Fire and forget works with one policy and silently loses tasks with another.",
        provoked: "Drops the futures of a running and of a queued task, opens the gate and counts which bodies ran.",
        look_at: "A destructor that aborts the task, and tasks that only their future keeps alive.",
        sources: &["concurrent.futures documentation, Executor.submit", "tokio documentation, JoinHandle"],
        cpython_tests: &[],
        check: checks::fut_033,
    },
    Requirement {
        id: "FUT-005",
        area: Area::Future,
        level: Level::Must,
        capability: Capability::Completion,
        also: &[Capability::Concurrency, Capability::Cancel, Capability::Callback],
        text: "A future is completed once: completing it again, or when it is cancelled, is refused and changes nothing.",
        rationale: "Two completions are two truths, and whoever has read the first never learns of the second.",
        provoked: "Completes a future that has its value, and one that is cancelled, from outside; each must refuse, keep its outcome, \
                   and not call back again.",
        look_at: "A setter that does not look at the state.",
        sources: &["https://bugs.python.org/issue33238"],
        cpython_tests: &["FutureTests.test_multiple_set_result", "FutureTests.test_multiple_set_exception"],
        check: checks::fut_005,
    },
];
