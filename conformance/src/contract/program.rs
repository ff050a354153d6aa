//! PROG: whole programs of calls.

use crate::checks::program as checks;
use crate::requirement::{Area, Requirement};
use poolproof_harness::{Capability, Level};

const SOURCES: &[&str] = &["concurrent.futures documentation", "PEP 3148"];

pub(super) const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "PROG-001",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[],
        text: "In any program, each accepted task runs exactly once and its future delivers its own outcome.",
        rationale: "Single scenarios pass on executors whose defects need two features at once.",
        provoked: "Random scripts of submit (values, payloads up to 4 MiB, errors, panics, gates, tasks that submit), from \
                   one thread and from several, polls, waits with and without a limit, and callbacks, on one to eight \
                   workers; a model of the contract judges what is observed, and a failing script is shrunk.",
        look_at: "The shortest script in the message, and the timeline of its last run: play it by hand.",
        sources: SOURCES,
        cpython_tests: &[],
        check: checks::prog_001,
    },
    Requirement {
        id: "PROG-002",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::Cancel,
        also: &[],
        text: "In any program with cancel, a task either runs or is cancelled, and cancel's answer says which.",
        rationale: "Cancel meets every other feature: queues, waits, callbacks, failures.",
        provoked: "Random scripts as for PROG-001, with cancel of tasks that are queued, running and done.",
        look_at: "The hand-over of a task from queue to worker, and what it does to a future that is cancelled then.",
        sources: SOURCES,
        cpython_tests: &["FutureTests.test_cancel"],
        check: checks::prog_002,
    },
    Requirement {
        id: "PROG-003",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::Map,
        also: &[],
        text: "In any program with map, results come in input order, for every number of items, workers and chunksize.",
        rationale: "Chunks that are rounded wrongly lose items only at some sizes.",
        provoked: "Random scripts as for PROG-001, with maps of zero to eleven items in chunks of one to eight, some \
                   with a failing item, a buffersize or a limit of zero, interleaved with other tasks.",
        look_at: "The last, partial chunk, and what a failing item does to the items before it.",
        sources: SOURCES,
        cpython_tests: &["ExecutorTest.test_map", "ProcessPoolExecutorTest.test_map_chunksize"],
        check: checks::prog_003,
    },
    Requirement {
        id: "PROG-004",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::Shutdown,
        also: &[],
        text: "In any program with shutdown, accepted tasks are all resolved and later ones are all refused.",
        rationale: "A program may stop at any moment; whatever it holds must come to an end.",
        provoked: "Random scripts as for PROG-001, with shutdown in the middle, waiting or not, with and without \
                   cancel_futures, once or several times.",
        look_at: "Tasks that are neither queued nor running at the moment of the shutdown.",
        sources: SOURCES,
        cpython_tests: &["ExecutorShutdownTest.test_run_after_shutdown"],
        check: checks::prog_004,
    },
    Requirement {
        id: "PROG-005",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::WorkerLoss,
        also: &[],
        text: "In any program in which workers die, every future ends: with its own outcome, or as lost or cancelled.",
        rationale: "A death meets whatever the executor holds at that moment: queues, waits, callbacks, maps.",
        provoked: "Random scripts as for PROG-002, with tasks that kill their worker, and shutdown in the middle.",
        look_at: "What the executor does with the futures of a dead worker, of its queue, and of those in between.",
        sources: SOURCES,
        cpython_tests: &["ProcessPoolExecutorTest.test_killed_child"],
        check: checks::prog_005,
    },
    Requirement {
        id: "PROG-006",
        area: Area::Program,
        level: Level::Must,
        capability: Capability::Submit,
        also: &[Capability::Concurrency],
        text: "In any program that drops futures and executors, every future that is left ends as the profile declares.",
        rationale: "What is dropped takes its neighbours with it only if nobody thought of it.",
        provoked: "Random scripts as for PROG-002, with futures and executors that are dropped in the middle.",
        look_at: "What else lets go of a future: the queue, the callbacks, the wait that names it.",
        sources: SOURCES,
        cpython_tests: &["ThreadPoolShutdownTest.test_del_shutdown"],
        check: checks::prog_006,
    },
];
