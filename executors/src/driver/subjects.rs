//! What drivers can reach here without being told more: the executors of standard libraries, and
//! those of packages that Poolproof knows and has one command to install.

use super::command::{PATIENCE, PYTHON_OPTIONS};
use super::interpreter::interpreter;
use super::java::java;
use crate::registry::Entry;
use std::env;
use std::path::{Path, PathBuf};

/// The command that installs the packages below.
pub(super) const INSTALL: &str = "executors/python/install-subjects";

/// Executors of Python packages: what follows `python:`, and what it is.
const PACKAGES: &[(&str, &str)] = &[
    ("loky:ProcessPoolExecutor", "the process pool of loky"),
    ("poolproof_pebble:ThreadPool", "the thread pool of pebble"),
    ("poolproof_pebble:ProcessPool", "the process pool of pebble"),
    ("poolproof_joblib:Loky", "the processes of joblib"),
    ("deadpool:Deadpool", "a process pool that replaces dead workers"),
    ("bounded_pool_executor:BoundedThreadPoolExecutor", "threads, with a bounded number of tasks"),
    ("bounded_pool_executor:BoundedProcessPoolExecutor", "processes, with a bounded number of tasks"),
    ("more_executors:Executors.thread_pool", "threads, customised by more-executors"),
    ("executorlib:SingleNodeExecutor", "a process for each task, by executorlib"),
    ("poolproof_executorlib:BlockAllocation", "processes of executorlib that stay, one for each worker"),
    ("gevent.threadpool:ThreadPoolExecutor", "native threads beside gevent's greenlets"),
    ("poolproof_dask:ClientExecutor", "dask.distributed: a scheduler and worker processes over TCP"),
    ("poolproof_mpi4py:MPIPoolExecutor", "mpi4py.futures on an MPI runtime"),
    ("poolproof_ray:Executor", "remote functions of ray"),
];

/// Factories of `java.util.concurrent.Executors`, and its fork-join pool.
const JAVA: &[(&str, &str)] = &[
    ("newFixedThreadPool", "Java's pool of a fixed number of threads"),
    ("newCachedThreadPool", "Java's pool of as many threads as there are tasks"),
    ("ForkJoinPool", "Java's work-stealing pool"),
    ("newVirtualThreadPerTaskExecutor", "a virtual thread for each task (Java 21)"),
];

/// Where the packages are installed, if they are: the environment of `install-subjects`.
pub(super) fn environment() -> Option<PathBuf> {
    const NAME: &str = "python-subjects";
    let python = |environment: &Path| Some(environment.join("bin/python")).filter(|python| python.exists());
    if let Some(named) = env::var_os("POOLPROOF_PYTHON_SUBJECTS") {
        return python(Path::new(&named));
    }
    // Beside what cargo builds, wherever that is.
    let program = env::current_exe().ok()?;
    program.ancestors().find_map(|place| python(&place.join(NAME)))
}

/// Whether what follows `python:` is one of the known packages.
pub(super) fn is_package(subject: &str) -> bool {
    PACKAGES.iter().any(|(known, _)| *known == subject)
}

/// Every entry.
pub(crate) fn catalogue() -> Vec<Entry> {
    let version = interpreter(None).map_or_else(|_| "not installed".to_owned(), |python| python.version);
    let entry = |address: String, family, summary: &str, version: &str, options: &[&str]| Entry {
        address,
        family,
        summary: summary.to_owned(),
        version: version.to_owned(),
        options: PYTHON_OPTIONS.iter().filter(|(key, _)| options.contains(key)).copied().collect(),
    };
    let python = |name: &str, summary, options| entry(format!("python:{name}"), "python", summary, &version, options);
    let mut entries = vec![
        python("thread", "ThreadPoolExecutor of Python's standard library", &[PATIENCE]),
        python("process", "ProcessPoolExecutor of Python's standard library", &["start", PATIENCE]),
    ];
    entries.extend(PACKAGES.iter().map(|(name, summary)| entry(format!("python:{name}"), "package", summary, "", &[])));
    let version = java().map(|java| java.version).unwrap_or_default();
    entries.extend(JAVA.iter().map(|(name, summary)| entry(format!("java:{name}"), "java", summary, &version, &[])));
    entries
}
