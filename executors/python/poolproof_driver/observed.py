"""What a future shows, where no class tells: duck-typed executors, and functions that make some."""

import concurrent.futures
import os

# How long the first task of a subject may take before nothing is concluded from it, in seconds.
_LIMIT = 30

_METHODS = ("cancel", "add_done_callback", "exception")


def where():
    """The process in which a task runs; not every executor takes functions without a signature."""
    return os.getpid()


class Observed(object):
    """One future of the task `where`."""

    def __init__(self, future):
        # Of the future itself, for a proxy may have what its class has not.
        self.methods = {name for name in _METHODS if callable(getattr(future, name, None))}
        self.is_standard = isinstance(future, concurrent.futures.Future)
        self.takes_limit = True
        try:
            self.pid = future.result(timeout=_LIMIT)
        except TypeError:
            self.takes_limit = False
            self.pid = future.result()

    def offers(self, method):
        """Whether the future has such a method."""
        return method in self.methods
