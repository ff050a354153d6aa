"""ray in the shape of an executor: remote functions, and the futures of their references.

Without `RAY_ADDRESS` each executor has a ray of its own, with as many processors as workers were asked for,
whatever else runs on this machine; with it the executor belongs to that cluster, which has what it has. A
program has one ray at a time: to open an executor ends the one before.

A ray of its own is one of tasks: what ray starts beside them, and no task needs, stays away. That is a third
of what its start computes.
"""

import concurrent.futures
import functools
import os
import threading

import ray

_EXISTING = "RAY_ADDRESS"

if _EXISTING not in os.environ:
    # The program that adds machines, and the one that reads logs: what `ray start --no-monitor
    # --include-log-monitor=false` says, `ray.init` has no option for. And the server of the dashboard, which
    # starts, and is waited for, even where `include_dashboard=False` leaves it without a page.
    _parameters, _node = ray._private.parameter, ray._private.node
    _parameters.RayParams = functools.partial(_parameters.RayParams, no_monitor=True, include_log_monitor=False)
    _node.Node.start_api_server = lambda *_, **__: None

POOLPROOF = {
    "Executor": {
        "package": "ray",
        "kind": "cluster",
        "worker_loss": "replaced",
        "worker_limit": _EXISTING not in os.environ,
        # Ray starts workers before there is a task.
        "worker_start": "at-opening",
        "start_order": "any",
        "without": ["cancel"],
        "standard_futures": True,
        # Measured on two cores, with a ray for each executor.
        "check_seconds": 302,
    }
}


class Executor(object):
    """Each task is one remote call that takes one of the processors given to ray."""

    # The deliveries of the executor that has the ray of this program.
    current = None

    def __init__(self, max_workers):
        ray.shutdown()
        if _EXISTING in os.environ:
            ray.init(log_to_driver=False)
        else:
            ray.init("local", num_cpus=max_workers, include_dashboard=False, log_to_driver=False, logging_level="error")
        Executor.current = self.deliveries = _Deliveries()
        self.references = []
        self.open = True
        self.lock = threading.Lock()
        self.shutting = 0

    def submit(self, function, *arguments):
        # A remote call that found no ray would start another one.
        with self.lock:
            if not self.open:
                raise RuntimeError("cannot schedule new futures after shutdown")
            reference = ray.remote(max_retries=0)(function).remote(*arguments)
            self.references.append(reference)
        return self.deliveries.expect(reference.future())

    def shutdown(self, wait=True):
        with self.lock:
            self.open = False
            if not wait or Executor.current is not self.deliveries:
                # Its ray is gone, and with it whatever could be waited for.
                return
            self.shutting += 1
        if self.references:
            ray.wait(self.references, num_returns=len(self.references))
        # A callback can wait neither for what it delivers itself nor for the end of its thread.
        apart = threading.get_ident() != self.deliveries.thread
        if apart:
            concurrent.futures.wait(list(self.deliveries.expected))
        with self.lock:
            self.shutting -= 1
            # Ray is not taken away from another call that still waits.
            if apart and self.shutting == 0 and Executor.current is self.deliveries:
                Executor.current = None
                self.references = []
                ray.shutdown()


class _Deliveries(object):
    """The futures that ray has still to complete. It knows no executor, so no future keeps one."""

    def __init__(self):
        self.expected = set()
        # In which ray completes futures, and so calls back.
        self.thread = None

    def expect(self, future):
        self.expected.add(future)
        future.add_done_callback(self._delivered)
        return future

    def _delivered(self, future):
        self.thread = threading.get_ident()
        self.expected.discard(future)
