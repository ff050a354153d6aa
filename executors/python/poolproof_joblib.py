"""The processes of joblib in the shape of an executor: `submit` is that of its `loky` backend.

`Parallel` itself takes no single task, and promises something else than `map` does: it reads its
input only as far as it dispatches. So neither its calls nor its end are judged here. With one worker
joblib uses no process at all, so there is always one more than asked for, and the profile says so.
"""

from concurrent.futures import as_completed, wait  # noqa: F401

import joblib
from joblib._parallel_backends import LokyBackend

POOLPROOF = {"Loky": {"package": "joblib", "kind": "process", "worker_limit": False}}


class Loky(object):
    """joblib's `loky` backend; its processes are shared, and outlive it for a while."""

    def __init__(self, max_workers):
        self.backend = LokyBackend()
        # As `Parallel` asks it first: it rejects none at all.
        self.backend.effective_n_jobs(max_workers)
        self.backend.configure(n_jobs=max_workers + 1, parallel=joblib.Parallel())

    def submit(self, function, *arguments):
        return self.backend.submit(_Bound(function, arguments))


class _Bound(object):
    """A call without arguments, as backends take them."""

    def __init__(self, function, arguments):
        self.function = function
        self.arguments = arguments

    def __call__(self):
        return self.function(*self.arguments)
