"""joblib in the shape of an executor: `submit` of its backends, `map` through `Parallel`."""

import joblib

POOLPROOF = {"Loky": {"package": "joblib", "kind": "process", "without": ["cancel"]}}


class Loky(object):
    """The processes of joblib's `loky` backend."""

    def __init__(self, max_workers):
        self.parallel = joblib.Parallel(n_jobs=max_workers, backend="loky", return_as="generator")
        self.parallel.__enter__()
        self.open = True

    def submit(self, function, *arguments):
        if not self.open:
            raise RuntimeError("cannot schedule new futures after shutdown")
        return self.parallel._backend.submit(_Bound(function, arguments))

    def map(self, function, *iterables):
        return iter(self.parallel(joblib.delayed(function)(*items) for items in zip(*iterables)))

    def shutdown(self, wait=True):
        if self.open:
            self.open = False
            self.parallel.__exit__(None, None, None)


class _Bound(object):
    """A call without arguments, as backends take them."""

    def __init__(self, function, arguments):
        self.function = function
        self.arguments = arguments

    def __call__(self):
        return self.function(*self.arguments)
