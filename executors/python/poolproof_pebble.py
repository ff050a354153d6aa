"""pebble's pools in the shape of an executor: `schedule` is their `submit`."""

import concurrent.futures

import pebble

# To cancel a future of a process pool ends its worker, at work or not: another promise than that of
# `concurrent.futures`, and documented.
POOLPROOF = {
    "ThreadPool": {"package": "Pebble", "kind": "thread"},
    "ProcessPool": {"package": "Pebble", "kind": "process", "worker_loss": "replaced", "without": ["cancel"]},
}


class _Pool(object):
    """Nothing but other names for the methods of a pool; its own `map` has another meaning."""

    def submit(self, function, *arguments):
        return self.pool.schedule(function, args=arguments)

    def shutdown(self, wait=True):
        self.pool.close()
        if wait:
            self.pool.join()


class ThreadPool(_Pool):
    """`pebble.ThreadPool`."""

    def __init__(self, max_workers, initializer=None, initargs=()):
        self.pool = pebble.ThreadPool(max_workers, initializer=initializer, initargs=initargs)


class ProcessPool(_Pool):
    """`pebble.ProcessPool`."""

    def __init__(self, max_workers, initializer=None, initargs=(), max_tasks_per_child=None, context=None):
        keywords = {} if context is None else {"context": context}
        self.pool = pebble.ProcessPool(
            max_workers, max_tasks=max_tasks_per_child or 0, initializer=initializer, initargs=initargs, **keywords
        )


wait = concurrent.futures.wait
as_completed = concurrent.futures.as_completed
