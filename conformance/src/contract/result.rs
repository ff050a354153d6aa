//! RES: delivering results.

use crate::checks::result as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "RES-001",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "Result blocks until the task is done, and everybody who waits gets the same value.",
        rationale: "Several consumers share one computation.",
        provoked: "Eight threads line up to ask for the result of a task at a gate, which then opens; then eight \
               more ask although it is done.",
        look_at: "A wake-up for one waiter where all must be woken, and a value that the first reader takes away.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &["FutureTests.test_result_with_success", "FutureTests.test_exception_with_success"],
        check: checks::res_001,
    },
    Requirement {
        id: "RES-002",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "A value can be read any number of times, from any thread, also after shutdown and when the executor \
               is gone.",
        rationale: "Futures outlive the block that created their executor.",
        provoked: "Reads one result again and again, here and in another thread, then after shutdown, then after the \
               executor was dropped.",
        look_at: "Results kept in the executor instead of the future, and channels that are empty after the first \
               read.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &["ExecutorShutdownTest.test_hang_issue12364", "ThreadPoolShutdownTest.test_del_shutdown"],
        check: checks::res_002,
    },
    Requirement {
        id: "RES-003",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "Nothing, zero, empty values and errors that a task returns are delivered as values, and there is no \
               failure then.",
        rationale: "None is a legitimate answer, and validators return errors as data.",
        provoked: "Submits tasks that return nothing, both truth values, zero, the extreme numbers, empty and \
               awkward texts, no bytes at all, and an error as a value.",
        look_at: "An empty value taken for no value yet, and a type check that takes every error for a failure.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &[],
        check: checks::res_003,
    },
    Requirement {
        id: "RES-004",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "With hundreds of tasks in flight every future gets its own value; none is lost, doubled or exchanged.",
        rationale: "What is rare with ten tasks is certain with a million.",
        provoked: "Submits five hundred tasks, compares every value with its task and counts how often each body \
               started.",
        look_at: "Identifiers that are used again, queues that overwrite when they wrap, and completions matched by \
               position.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &[],
        check: checks::res_004,
    },
    Requirement {
        id: "RES-005",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Isolation,
        also: &[],
        text: "Values far larger than any buffer of the transport arrive intact, in both directions.",
        rationale: "Images and tables are what processes are used for.",
        provoked: "Sends random payloads of about four thousand bytes, just below, at and above what a pipe holds, \
               and of four million bytes, to all workers at once, and compares what returns.",
        look_at: "Writes that are taken for complete when only a part was written, and both sides writing while \
               nobody reads.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &[],
        check: checks::res_005,
    },
    Requirement {
        id: "RES-006",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "Once result has returned, the task has ended and the future is done.",
        rationale: "Completion is the point from which everything the task did is visible.",
        provoked: "Asks fifty times for a result and looks right after it at the predicates and at the history of \
               the task.",
        look_at: "Waiters that are woken before the state changes, and an outcome that is published while the body \
               still runs.",
        sources: &["concurrent.futures documentation, Future"],
        cpython_tests: &[],
        check: checks::res_006,
    },
    Requirement {
        id: "RES-031",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Concurrency,
        also: &[],
        text: "A result is delivered when its own task is done, whatever other tasks do.",
        rationale: "One slow task must not hold back the results of all others.",
        provoked: "Holds one of two workers at a gate and asks for the results of three tasks on the other.",
        look_at: "Results delivered in the order of submission, and one thread that delivers them and waits.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &[],
        check: checks::res_031,
    },
    Requirement {
        id: "RES-032",
        area: Area::Result,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "A waiter never misses the completion, however close the two are.",
        rationale: "A lost wake-up shows once in a million calls and hangs the program for ever.",
        provoked: "Two hundred times submits a task and asks for its result immediately, in turns without and with a \
               limit.",
        look_at: "A test of the state outside the lock under which the waiter goes to sleep.",
        sources: &["bpo-20319"],
        cpython_tests: &[],
        check: checks::res_032,
    },
];
