"""Executors as users write them on top of the standard library's: each is a few lines, and each is as
sound as the stock executor under it.

    conformance/examples/python-variants/run [INTERPRETER...]

checks that Poolproof accuses them of nothing that the stock executor is not known for.
"""

import concurrent.futures
import multiprocessing
import queue
import threading


class DuckTyped(object):
    """Extends nothing, and has the methods."""

    def __init__(self, max_workers):
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers)

    def submit(self, function, *arguments, **keywords):
        return self._pool.submit(function, *arguments, **keywords)

    def map(self, function, *iterables, timeout=None, chunksize=1):
        return self._pool.map(function, *iterables, timeout=timeout, chunksize=chunksize)

    def shutdown(self, wait=True, cancel_futures=False):
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


class _Proxy(object):
    """A future that is none, and has the public methods."""

    def __init__(self, future):
        self._future = future

    def __getattr__(self, name):
        return getattr(self._future, name)

    def add_done_callback(self, function):
        self._future.add_done_callback(lambda _: function(self))


class Proxies(object):
    """Hands proxies out."""

    def __init__(self, max_workers):
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers)

    def submit(self, function, *arguments):
        return _Proxy(self._pool.submit(function, *arguments))

    def shutdown(self, wait=True):
        self._pool.shutdown(wait)


class _LatestFirst(queue.Queue):
    """The latest task first; the mark of the end last."""

    def _get(self):
        place = next((place for place in reversed(range(len(self.queue))) if self.queue[place] is not None), 0)
        found = self.queue[place]
        del self.queue[place]
        return found


class Lifo(concurrent.futures.ThreadPoolExecutor):
    """Starts the latest task first."""

    def __init__(self, max_workers):
        super().__init__(max_workers)
        self._work_queue = _LatestFirst()


class Lazy(concurrent.futures.Executor):
    """Makes its pool when the first task comes."""

    def __init__(self, max_workers):
        if max_workers < 1:
            raise ValueError("max_workers must be greater than 0")
        self._workers = max_workers
        self._lock = threading.RLock()
        self._pool = None
        self._closed = False

    def submit(self, function, /, *arguments, **keywords):
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._pool is None:
                self._pool = concurrent.futures.ThreadPoolExecutor(self._workers)
            return self._pool.submit(function, *arguments, **keywords)

    def shutdown(self, wait=True, *, cancel_futures=False):
        with self._lock:
            self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


class Spawned(concurrent.futures.ProcessPoolExecutor):
    """Processes that begin with nothing."""

    def __init__(self, max_workers, initializer=None, initargs=()):
        super().__init__(max_workers, multiprocessing.get_context("spawn"), initializer, initargs)


def forkserver(max_workers):
    """Processes that a clean one forks: a function that makes executors."""
    return concurrent.futures.ProcessPoolExecutor(max_workers, multiprocessing.get_context("forkserver"))
