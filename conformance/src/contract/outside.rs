//! Promises that cannot be decided from outside, and why.

use crate::requirement::Area;

/// A promise that no check decides.
#[derive(Clone, Copy, Debug)]
pub struct Untestable {
    /// The part of the contract it belongs to.
    pub area: Area,
    /// The promise, in one sentence.
    pub text: &'static str,
    /// Why no check can decide it.
    pub because: &'static str,
    /// Where the promise comes from.
    pub source: &'static str,
}

/// Every such promise, in the order of the contract.
#[must_use]
pub fn untestable() -> &'static [Untestable] {
    UNTESTABLE
}

const UNTESTABLE: &[Untestable] = &[
    Untestable {
        area: Area::Submit,
        text: "A callable that is none, or arguments that do not fit it, fail the task or the submit.",
        because: "Tasks are probes, which are always callable; what a language makes of anything else is its own.",
        source: "concurrent.futures documentation, Executor.submit",
    },
    Untestable {
        area: Area::Result,
        text: "What a task wrote to memory is visible to whoever got its result.",
        because: "A processor that orders writes strongly hides a missing barrier; a model checker of the source shows it.",
        source: "concurrent.futures documentation, Future.result",
    },
    Untestable {
        area: Area::Failure,
        text: "The traceback of an error leads to the line of the task that raised it.",
        because: "Stacks have another form in every language; probes compare what an error says, not where it was raised.",
        source: "CPython, ProcessPoolExecutorTest.test_traceback",
    },
    Untestable {
        area: Area::Failure,
        text: "A failure that nobody looks at is silent.",
        because: "Other languages warn of it on purpose; what is printed where is nobody's promise across languages.",
        source: "https://github.com/python/cpython/issues/85544",
    },
    Untestable {
        area: Area::Time,
        text: "Limits count on a clock that nobody can set.",
        because: "To show the contrary the clock of the whole machine would have to be set.",
        source: "https://github.com/python/cpython/issues/79000",
    },
    Untestable {
        area: Area::Completed,
        text: "A future that was yielded is no longer referenced by the iterator.",
        because: "References are counted inside a language; through a driver a future is only a number.",
        source: "CPython, AsCompletedTests.test_free_reference_yielded_future",
    },
    Untestable {
        area: Area::Wait,
        text: "A mode that does not exist is rejected.",
        because: "The modes are an enumeration here: there is no way to name another one.",
        source: "concurrent.futures documentation, wait",
    },
    Untestable {
        area: Area::Workers,
        text: "The number of workers, if none is named, suits the machine.",
        because: "What suits is a question for measurements, not for a check.",
        source: "concurrent.futures documentation, ThreadPoolExecutor",
    },
    Untestable {
        area: Area::Process,
        text: "Arguments are taken as they were when submit was called.",
        because: "A probe is plain data that nobody changes between submit and its way to the worker.",
        source: "concurrent.futures documentation, ProcessPoolExecutor",
    },
    Untestable {
        area: Area::Process,
        text: "A helper thread or process that cannot be started breaks the executor instead of hanging it.",
        because: "Limits of the system hit the suite in the same process as well; the failure has to be injected inside.",
        source: "CPython, ProcessPoolExecutorTest.test_python_finalization_error",
    },
    Untestable {
        area: Area::Process,
        text: "A program without a guard around its main part does not start workers without end.",
        because: "The main part of a driver is the driver\'s: there is no user\'s program to forget the guard in.",
        source: "multiprocessing documentation, programming guidelines",
    },
    Untestable {
        area: Area::Nesting,
        text: "A process that is forked while threads submit can start and end.",
        because: "The moment of the fork cannot be chosen from outside; in most attempts nothing happens.",
        source: "https://bugs.python.org/issue45021",
    },
    Untestable {
        area: Area::Exit,
        text: "Submitting from a thread that outlives the main thread is refused or runs.",
        because: "A program of a driver has no such thread: it serves until its last connection ends.",
        source: "https://github.com/python/cpython/issues/148280",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promise_says_why_nothing_decides_it() {
        for promise in untestable() {
            assert!(promise.text.ends_with('.') && promise.because.ends_with('.'), "{}", promise.text);
            assert!(!promise.source.is_empty(), "{}", promise.text);
        }
    }
}
