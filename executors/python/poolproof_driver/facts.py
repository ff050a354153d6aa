"""What cannot be seen in a signature: facts about executors of released packages, and how a module
states them about its own.

A module may hold a dictionary `POOLPROOF`: from the name of a factory to what is true of its
executors. Keys are those of a profile (`kind`, `queue`, `worker_loss` ...), `without`, a list of
capabilities that introspection finds and that are not there, `package`, the name of the
distribution that is judged, for a module that only shapes it, `standard_futures`, where its futures are
those of the standard library, for which else an executor is opened once, `ends_at_once`, where
nothing but memory would be given back by taking the modules of a program apart at its end: its hooks
for the end run, and then the process is gone, and `check_seconds`, how many seconds a whole check takes
where that is more than a minute.
"""

# Documented properties only; what is merely wrong is for the checks to find.
_RELEASED = {
    # Its semaphore counts tasks from submit until they are done: nothing waits for a worker. What a dead worker
    # does is what the class of the standard library says that this one is.
    "bounded_pool_executor:BoundedThreadPoolExecutor": {"queue": {"blocks": 0}},
    "bounded_pool_executor:BoundedProcessPoolExecutor": {"queue": {"blocks": 0}, "worker_loss": "pool-broken"},
    # Each worker is a process and is replaced when it dies.
    "deadpool:Deadpool": {"kind": "process", "worker_loss": "replaced"},
    # Measured on two cores: an interpreter for each task.
    "executorlib:SingleNodeExecutor": {"kind": "process", "check_seconds": 276},
    # Its documentation promises neither `wait` nor `as_completed` for these futures; callbacks run in
    # the hub, where nothing may block, and the pool may be used in the thread of its hub only, not in
    # its workers. `wrap_future` of asyncio takes futures of the standard library only. Its source says
    # beside `cancel`, which answers false to everybody, that nothing can be cancelled.
    "gevent.threadpool:ThreadPoolExecutor": {
        "nested": "unreachable",
        "without": ["cancel", "wait", "as-completed", "callback", "nested", "async"],
    },
    "mpi4py.futures:MPIPoolExecutor": {"kind": "process"},
}


def of(module, module_name, name):
    """What is stated about the factory `name` of a module."""
    stated = getattr(module, "POOLPROOF", None)
    own = stated.get(name, {}) if isinstance(stated, dict) else {}
    return dict(_RELEASED.get("%s:%s" % (module_name, name), {}), **own)
