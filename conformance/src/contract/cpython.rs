//! Every method of CPython's own tests of `concurrent.futures`, and what became of it here.
//!
//! The list is that of the package `test.test_concurrent_futures` of CPython 3.13, each method under
//! the class that defines it; most run for threads and for processes under each start method. A
//! requirement names the methods that assert the same; this list names further ones, and says why a
//! method is not applicable.

use super::requirements;
use crate::requirement::Requirement;

/// One method of CPython's tests.
#[derive(Clone, Copy, Debug)]
pub struct CpythonTest {
    /// `Class.method`, with the class that defines it.
    pub name: &'static str,
    /// Requirements that assert part of it, beside those that name it themselves.
    further: &'static [&'static str],
    /// Why no requirement asserts it, or what of it none does.
    pub because: &'static str,
}

impl CpythonTest {
    /// The requirements that assert the same, in the order of the contract.
    #[must_use]
    pub fn requirements(&self) -> Vec<&'static Requirement> {
        let asserts = |requirement: &&&Requirement| {
            requirement.cpython_tests.contains(&self.name) || self.further.contains(&requirement.id)
        };
        requirements().iter().filter(asserts).copied().collect()
    }
}

/// A method that requirements name, and that needs no more words.
const fn plain(name: &'static str) -> CpythonTest {
    CpythonTest { name, further: &[], because: "" }
}

/// A method that further requirements assert.
const fn mapped(name: &'static str, further: &'static [&'static str], because: &'static str) -> CpythonTest {
    CpythonTest { name, further, because }
}

/// A method that no requirement can assert.
const fn excused(name: &'static str, because: &'static str) -> CpythonTest {
    CpythonTest { name, further: &[], because }
}

/// Every method, in the order of the files of CPython.
#[must_use]
pub fn cpython_tests() -> &'static [CpythonTest] {
    METHODS
}

#[rustfmt::skip]
const METHODS: &[CpythonTest] = &[
    plain("ExecutorTest.test_free_reference"),
    plain("ExecutorTest.test_map"),
    mapped("ExecutorTest.test_map_exception", &["MAP-004"], ""),
    plain("ExecutorTest.test_map_timeout"),
    mapped("ExecutorTest.test_max_workers_negative", &["WORK-032"], ""),
    plain("ExecutorTest.test_no_stale_references"),
    mapped("ExecutorTest.test_shutdown_race_issue12456", &["SHUT-015"], ""),
    plain("ExecutorTest.test_submit"),
    plain("ExecutorTest.test_submit_keyword"),
    mapped("AsCompletedTests.test_correct_timeout_exception_msg", &["COMP-005"], "The words of the error are CPython's; that the iteration times out with futures outstanding is decided."),
    plain("AsCompletedTests.test_duplicate_futures"),
    excused("AsCompletedTests.test_free_reference_yielded_future", "Not decided: it counts references to the future object itself, which no erased handle shows."),
    plain("AsCompletedTests.test_future_times_out"),
    plain("AsCompletedTests.test_no_timeout"),
    mapped("ExecutorDeadlockTest.test_crash_at_task_unpickle", &["PROC-007"], ""),
    plain("ExecutorDeadlockTest.test_crash_big_data"),
    plain("ExecutorDeadlockTest.test_crash_during_func_exec_on_worker"),
    mapped("ExecutorDeadlockTest.test_crash_during_result_pickle_on_worker", &["PROC-009"], ""),
    plain("ExecutorDeadlockTest.test_error_at_task_pickle"),
    plain("ExecutorDeadlockTest.test_error_at_task_unpickle"),
    plain("ExecutorDeadlockTest.test_error_during_func_exec_on_worker"),
    plain("ExecutorDeadlockTest.test_error_during_result_pickle_on_worker"),
    plain("ExecutorDeadlockTest.test_error_during_result_unpickle_in_result_handler"),
    mapped("ExecutorDeadlockTest.test_exit_at_task_unpickle", &["PROC-007"], ""),
    plain("ExecutorDeadlockTest.test_exit_during_func_exec_on_worker"),
    mapped("ExecutorDeadlockTest.test_exit_during_result_pickle_on_worker", &["PROC-006"], ""),
    mapped("ExecutorDeadlockTest.test_exit_during_result_unpickle_in_result_handler", &["PROC-008"], ""),
    excused("ExecutorDeadlockTest.test_gh105829_should_not_deadlock_if_wakeup_pipe_full", "Implementation detail: it replaces the pipe inside CPython's executor by a shorter one."),
    mapped("ExecutorDeadlockTest.test_shutdown_deadlock", &["SHUT-014"], ""),
    mapped("ExecutorDeadlockTest.test_shutdown_deadlock_pickle", &["SHUT-012"], ""),
    plain("FutureTests.test_cancel"),
    plain("FutureTests.test_cancelled"),
    plain("FutureTests.test_done"),
    plain("FutureTests.test_done_callback_already_cancelled"),
    plain("FutureTests.test_done_callback_already_failed"),
    plain("FutureTests.test_done_callback_already_successful"),
    plain("FutureTests.test_done_callback_raises"),
    plain("FutureTests.test_done_callback_raises_already_succeeded"),
    plain("FutureTests.test_done_callback_with_cancel"),
    plain("FutureTests.test_done_callback_with_exception"),
    plain("FutureTests.test_done_callback_with_result"),
    plain("FutureTests.test_exception_with_success"),
    plain("FutureTests.test_exception_with_timeout"),
    plain("FutureTests.test_multiple_set_exception"),
    plain("FutureTests.test_multiple_set_result"),
    excused("FutureTests.test_repr", "Language: how Python prints a future."),
    plain("FutureTests.test_result_with_cancel"),
    plain("FutureTests.test_result_with_success"),
    plain("FutureTests.test_result_with_timeout"),
    plain("FutureTests.test_running"),
    plain("FailingInitializerMixin.test_initializer"),
    mapped("FailingInitializerResourcesTest.test_forkserver", &["WORK-010", "SHUT-016"], ""),
    mapped("FailingInitializerResourcesTest.test_spawn", &["WORK-010", "SHUT-016"], ""),
    plain("InitializerMixin.test_initializer"),
    mapped("ProcessPoolExecutorTest.test_idle_process_reuse_multiple", &["WORK-006"], ""),
    plain("ProcessPoolExecutorTest.test_idle_process_reuse_one"),
    plain("ProcessPoolExecutorTest.test_killed_child"),
    plain("ProcessPoolExecutorTest.test_map_chunksize"),
    plain("ProcessPoolExecutorTest.test_max_tasks_early_shutdown"),
    plain("ProcessPoolExecutorTest.test_max_tasks_per_child"),
    excused("ProcessPoolExecutorTest.test_max_tasks_per_child_defaults_to_spawn_context", "Implementation detail: which start method CPython chooses when none is named."),
    excused("ProcessPoolExecutorTest.test_max_workers_too_large", "Platform: the most workers that Windows can wait for."),
    excused("ProcessPoolExecutorTest.test_python_finalization_error", "Implementation detail: it replaces the function inside CPython that starts threads by one that fails."),
    plain("ProcessPoolExecutorTest.test_ressources_gced_in_workers"),
    plain("ProcessPoolExecutorTest.test_saturation"),
    excused("ProcessPoolExecutorTest.test_traceback", "Language: the traceback that Python attaches to an error that crossed a process."),
    plain("ExecutorShutdownTest.test_cancel_futures"),
    mapped("ExecutorShutdownTest.test_hang_gh83386", &["EXIT-003"], ""),
    plain("ExecutorShutdownTest.test_hang_gh94440"),
    plain("ExecutorShutdownTest.test_hang_issue12364"),
    mapped("ExecutorShutdownTest.test_interpreter_shutdown", &["EXIT-002"], ""),
    plain("ExecutorShutdownTest.test_run_after_shutdown"),
    plain("ExecutorShutdownTest.test_submit_after_interpreter_shutdown"),
    mapped("ProcessPoolShutdownTest.test_context_manager_shutdown", &["SHUT-002"], "Leaving a `with` block is Python's way to write a waiting shutdown."),
    plain("ProcessPoolShutdownTest.test_del_shutdown"),
    plain("ProcessPoolShutdownTest.test_processes_terminate"),
    mapped("ProcessPoolShutdownTest.test_shutdown_no_wait", &["SHUT-003"], ""),
    mapped("ThreadPoolShutdownTest.test_cancel_futures_wait_false", &["SHUT-006"], "That the program ends afterwards is decided with the plain form of shutdown, by EXIT-003."),
    mapped("ThreadPoolShutdownTest.test_context_manager_shutdown", &["SHUT-002"], "Leaving a `with` block is Python's way to write a waiting shutdown."),
    plain("ThreadPoolShutdownTest.test_del_shutdown"),
    plain("ThreadPoolShutdownTest.test_shutdown_no_wait"),
    excused("ThreadPoolShutdownTest.test_thread_names_assigned", "Language: how CPython names the threads of a pool."),
    excused("ThreadPoolShutdownTest.test_thread_names_default", "Language: how CPython names the threads of a pool."),
    plain("ThreadPoolShutdownTest.test_threads_terminate"),
    excused("ThreadPoolExecutorTest.test_default_workers", "Implementation detail: the number of workers that CPython chooses when none is named."),
    mapped("ThreadPoolExecutorTest.test_executor_map_current_future_cancel", &["MAP-009"], ""),
    plain("ThreadPoolExecutorTest.test_hang_global_shutdown_lock"),
    plain("ThreadPoolExecutorTest.test_idle_thread_reuse"),
    plain("ThreadPoolExecutorTest.test_map_submits_without_iteration"),
    plain("ThreadPoolExecutorTest.test_saturation"),
    mapped("ThreadPoolWaitTests.test_pending_calls_race", &["WAIT-011"], ""),
    plain("WaitTests.test_20369"),
    plain("WaitTests.test_all_completed"),
    plain("WaitTests.test_first_completed"),
    plain("WaitTests.test_first_completed_some_already_completed"),
    plain("WaitTests.test_first_exception"),
    plain("WaitTests.test_first_exception_one_already_failed"),
    plain("WaitTests.test_first_exception_some_already_complete"),
    plain("WaitTests.test_timeout"),
];

/// Methods of other versions of CPython that requirements name.
#[cfg(test)]
const OTHER_VERSIONS: &[&str] = &[
    "AsCompletedTests.test_zero_timeout",
    "ExecutorTest.test_map_buffersize_on_infinite_iterable",
    "ExecutorTest.test_map_buffersize_validation",
    "ExecutorTest.test_map_close",
    "ExecutorTest.test_map_timeout_from_callable",
    "ExecutorTest.test_swallows_falsey_exceptions",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_method_is_mapped_or_excused() {
        for test in cpython_tests() {
            let silent = test.requirements().is_empty() && test.because.is_empty();
            assert!(!silent, "no requirement asserts {}, and nothing says why", test.name);
            for id in test.further {
                assert!(crate::find(id).is_some(), "{} is mapped to {id}, which does not exist", test.name);
            }
        }
    }

    #[test]
    fn requirements_name_only_methods_that_there_are() {
        let known: HashSet<_> = cpython_tests().iter().map(|test| test.name).collect();
        assert_eq!(known.len(), cpython_tests().len(), "a method stands twice");
        for requirement in requirements() {
            for name in requirement.cpython_tests {
                let exists = known.contains(name) || OTHER_VERSIONS.contains(name);
                assert!(exists, "{} names {name}, which CPython's tests do not have", requirement.id);
            }
        }
    }
}
