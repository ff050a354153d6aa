"""Submits that are interrupted by a submit of the same thread, from a finaliser."""

import gc

# A collection is set off by the n-th container that is made after the call began. By turns it
# falls on every one that submit makes.
_TURNS = 30


class _Cycle(object):
    """Garbage that only the collector finds, and that submits when it is finalised."""

    def __init__(self, executor, futures):
        self.me = self
        self.executor = executor
        self.futures = futures

    def __del__(self):
        self.futures.append(self.executor.submit(int))


def submit(executor, times):
    """Submits `times` tasks, each while a finaliser submits another one, and waits for them."""
    futures = []
    thresholds = gc.get_threshold()
    try:
        for turn in range(times):
            gc.disable()
            gc.collect()
            _Cycle(executor, futures)
            gc.set_threshold(gc.get_count()[0] + turn % _TURNS)
            gc.enable()
            futures.append(executor.submit(int))
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    for future in futures:
        future.result()
