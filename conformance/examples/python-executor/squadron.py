"""A Python executor as somebody might write it: threads, a queue, and the futures of the standard library."""

import queue
import threading
from concurrent.futures import Executor, Future


class Squadron(Executor):
    """Runs tasks on `max_workers` threads."""

    def __init__(self, max_workers=2):
        if max_workers < 1:
            raise ValueError("max_workers must be at least 1")
        self._tasks = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(max_workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._tasks.put((future, function, arguments, keywords))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        with self._lock:
            self._closed = True
            while cancel_futures and not self._tasks.empty():
                self._cancel_next()
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _cancel_next(self):
        try:
            task = self._tasks.get_nowait()
        except queue.Empty:
            return  # a worker was quicker
        if task is not None:
            task[0].cancel()
            task[0].set_running_or_notify_cancel()

    def _work(self):
        while True:
            task = self._tasks.get()
            if task is None:
                return
            future, function, arguments, keywords = task
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*arguments, **keywords))
                except BaseException as error:
                    future.set_exception(error)
            del task, future, function, arguments, keywords
