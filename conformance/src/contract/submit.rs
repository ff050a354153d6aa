//! SUB: accepting tasks.

use crate::checks::submit as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "SUB-001",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "Submit returns a future at once and starts the task without being asked for its result.",
        rationale: "Callers submit from threads that must not block, and often never look at the future.",
        provoked: "Submits a task that stops at a gate: submit must return before the gate opens, the task must \
               reach the gate although nobody waits for it, and it must end once the gate is open.",
        look_at: "A submit that runs or waits for the task, and workers that are only woken by a waiter.",
        sources: &["concurrent.futures documentation, Executor.submit", "PEP 3148, Executor"],
        cpython_tests: &["ExecutorTest.test_submit", "ThreadPoolExecutorTest.test_map_submits_without_iteration"],
        check: checks::sub_001,
    },
    Requirement {
        id: "SUB-002",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "Every accepted task runs exactly once, with exactly what it was given, and its outcome lands in its \
               own future.",
        rationale: "A task that runs twice sends the mail twice; one that never runs loses the order.",
        provoked: "Submits twenty tasks that each return a text of their own, compares each future with its text, \
               shuts down and counts how often each body started.",
        look_at: "Retries, work stealing that copies instead of moves, and slots that are found by position instead \
               of by task.",
        sources: &["concurrent.futures documentation, Executor.submit", "PEP 3148, Executor"],
        cpython_tests: &["ExecutorTest.test_submit", "ExecutorTest.test_submit_keyword"],
        check: checks::sub_002,
    },
    Requirement {
        id: "SUB-005",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "An executor that shares memory with its tasks hands arguments and results over as they are; nothing \
               is serialised.",
        rationale: "Tasks on threads work on locks, connections and open files, which no serialiser can carry.",
        provoked: "Submits tasks whose argument or result refuses to be serialised, or to be rebuilt, and compares \
               what returns.",
        look_at: "An adapter that serialises although tasks stay in the process, and defensive deep copies.",
        sources: &[
            "concurrent.futures documentation, Executor.submit",
            "observed in every released CPython from 3.6 to 3.13",
        ],
        cpython_tests: &[],
        check: checks::sub_005,
    },
    Requirement {
        id: "SUB-006",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "One worker starts queued tasks in the order of submission, unless the profile declares another order.",
        rationale: "Callers order work by submitting it in order: first come, first served is what everybody expects \
               of a queue.",
        provoked: "Holds the only worker at a gate, queues twelve tasks, opens the gate and compares the order in \
               which they started.",
        look_at: "A stack in the place of the queue, queues per worker, and a last task that overtakes through a \
               fast path.",
        sources: &[
            "observed in every released CPython from 3.6 to 3.13",
            "java.util.concurrent documentation, ThreadPoolExecutor, queuing",
        ],
        cpython_tests: &[],
        check: checks::sub_006,
    },
    Requirement {
        id: "SUB-007",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "Submit may be called from many threads at once: no task is lost, doubled or given to another's \
               future.",
        rationale: "Executors are shared: every request handler of a server submits to the same one.",
        provoked: "Four threads start together and submit twenty-five tasks each; every future must return its own \
               value and every body must have started exactly once.",
        look_at: "A queue or a counter of idle workers that is read and written without one lock around both.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &[],
        check: checks::sub_007,
    },
    Requirement {
        id: "SUB-008",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Nested,
        also: &[Capability::Concurrency],
        text: "A running task may submit to its own executor while that is open.",
        rationale: "Crawlers and divide-and-conquer algorithms find new work while they work.",
        provoked: "The task on the only worker submits another one and ends; both must run.",
        look_at: "A lock held while a task runs, and a submit that waits for a free worker.",
        sources: &["observed in every released CPython from 3.6 to 3.13"],
        cpython_tests: &["ThreadPoolExecutorTest.test_hang_global_shutdown_lock"],
        check: checks::sub_008,
    },
    Requirement {
        id: "SUB-009",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Shutdown,
        also: &[],
        text: "After shutdown, waiting or not, submit is refused because the executor has been shut down.",
        rationale: "A task that is accepted and never run leaves its waiter hanging.",
        provoked: "Shuts two executors down, one waiting and one not, and submits to each.",
        look_at: "A flag that is set only when the workers have gone, and errors of the queue that leak instead of \
               the refusal.",
        sources: &["concurrent.futures documentation, Executor.shutdown", "PEP 3148, Executor"],
        cpython_tests: &["ExecutorShutdownTest.test_run_after_shutdown"],
        check: checks::sub_009,
    },
    Requirement {
        id: "SUB-010",
        area: Area::Submit,
        level: Level::Should,
        capability: Capability::Shutdown,
        also: &[Capability::Concurrency],
        text: "A task that was refused never runs.",
        rationale: "A caller that is told no runs the task elsewhere, and it must not run twice.",
        provoked: "Holds the only worker at a gate, shuts down without waiting, submits three tasks that are \
               refused, opens the gate and waits for the end: none of them may have started.",
        look_at: "A submit that puts the task into the queue before it looks whether it may.",
        sources: &["observed: a CPython submit that cannot start a thread raises, and the task runs all the same"],
        cpython_tests: &[],
        check: checks::sub_010,
    },
    Requirement {
        id: "SUB-031",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "Submit accepts tasks, and returns, while every worker is busy.",
        rationale: "A caller that submits a batch must not be slowed down to the pace of the workers, unless the \
               queue is declared bounded.",
        provoked: "Occupies every worker at a gate and submits a hundred tasks (or as many as a bounded queue holds) \
               before the gate opens; all must run.",
        look_at: "A hand-over without a queue, and a submit that takes a lock which workers hold while they run a \
               task.",
        sources: &[
            "concurrent.futures documentation, Executor.submit",
            "java.util.concurrent documentation, Executors.newFixedThreadPool",
        ],
        cpython_tests: &[],
        check: checks::sub_031,
    },
    Requirement {
        id: "SUB-032",
        area: Area::Submit,
        level: Level::Must,
        capability: Capability::Bound,
        also: &[Capability::Concurrency],
        text: "A full queue does what the profile declares: submit blocks until there is room, or refuses because it \
               is full.",
        rationale: "A bound protects memory; whoever relies on it must know whether to expect a pause or an error.",
        provoked: "Holds the only worker at a gate, fills the queue, and submits once more: the call must not return \
               before the gate opens and then be accepted, or must be refused and its task never run.",
        look_at: "Limits that count running tasks too, and blocked submitters that nobody wakes.",
        sources: &["java.util.concurrent documentation, ThreadPoolExecutor, rejected tasks"],
        cpython_tests: &[],
        check: checks::sub_032,
    },
    Requirement {
        id: "SUB-033",
        area: Area::Submit,
        level: Level::Should,
        capability: Capability::Exhaustion,
        also: &[Capability::Concurrency, Capability::Shutdown],
        text: "A submit that fails because no worker can be started has no effect: the task never runs.",
        rationale: "Who is told that a task was not accepted submits it again, and then it runs twice.",
        provoked: "While one of two workers is at a gate the machine has no thread and no process left; a submit that fails then must \
                   leave nothing behind, and one that is accepted must run.",
        look_at: "The task is queued before the worker is started, and stays queued when that fails.",
        sources: &["concurrent.futures documentation, Executor.submit"],
        cpython_tests: &[],
        check: checks::sub_033,
    },
    Requirement {
        id: "SUB-034",
        area: Area::Submit,
        level: Level::Should,
        capability: Capability::Interruption,
        also: &[],
        text: "Submit may be called by code that interrupts a submit in the same thread, and nothing deadlocks.",
        rationale: "Finalisers and signal handlers run between any two steps of a program, submit's own included.",
        provoked: "Submits a hundred tasks, each while a finaliser, or what else the language has, submits one too; by turns the \
                   interruption falls on each point of submit at which there can be one.",
        look_at: "A lock that the same thread cannot take twice, held while memory is allocated.",
        sources: &["https://github.com/python/cpython/issues/121649"],
        cpython_tests: &[],
        check: checks::sub_034,
    },
];
