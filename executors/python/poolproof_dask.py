"""dask.distributed: `Client.get_executor` of a scheduler and worker processes over TCP.

Without `DASK_SCHEDULER_ADDRESS` a cluster is started on the loopback, with as many worker processes
as asked, one thread each. With it the executor belongs to that cluster, which has the workers it has.

Each part of such a cluster measures fifty times a second whether its event loop is late. Several idle
clusters on a small machine keep it busy with that, so here they look twice a second, unless the
configuration of dask says otherwise.
"""

import os
import threading

import dask
import distributed

if "DASK_SCHEDULER_ADDRESS" not in os.environ:
    dask.config.update_defaults({"distributed": {"admin": {"tick": {"interval": "500ms"}}}})

_EXISTING = "DASK_SCHEDULER_ADDRESS"
# A check has a cluster of its own, and a worker that is forked does not have to import everything again.
# Who says otherwise, in the way that dask documents, is heard.
_START = os.environ.get("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "fork")

POOLPROOF = {
    "ClientExecutor": {
        "package": "distributed",
        "kind": "cluster",
        "worker_loss": "replaced",
        "worker_limit": _EXISTING not in os.environ,
        "worker_start": "at-opening",
        # Which of several ready tasks a worker takes next is the scheduler's business.
        "start_order": "any",
        # Its `map` takes sequences only; the input of checks is an iterator that notes what is read.
        "without": ["map"],
        # Everything that it opens is closed by then; to take so many modules apart takes as long as a small check.
        "ends_at_once": True,
    }
}


def ClientExecutor(max_workers):
    """An executor with a client of its own; equal calls are not taken for the same (`pure`)."""
    if _EXISTING in os.environ:
        cluster, target = None, os.environ[_EXISTING]
    else:
        with dask.config.set({"distributed.worker.multiprocessing-method": _START}):
            cluster = target = distributed.LocalCluster(
                n_workers=max_workers,
                threads_per_worker=1,
                processes=True,
                protocol="tcp",
                host="127.0.0.1",
                # Any port: several clusters are there at once.
                dashboard_address=":0",
                silence_logs=50,
            )
    client = distributed.Client(target)
    return _Owned(client.get_executor(pure=False, retries=0), client, cluster, max_workers)


# How long the replacement of a dead worker is waited for before the cluster is closed, in seconds.
_REPLACEMENT = 2

# An executor that is dropped leaves its cluster to the tasks that it accepted, until the program ends.
_RUNNING = set()


class _Owned(object):
    """The executor of the package, together with the cluster that ends with its shutdown."""

    def __init__(self, executor, client, cluster, workers):
        self.executor = executor
        self.client = client
        self.cluster = cluster
        self.workers = workers
        self.lock = threading.Lock()
        self.shutting = 0
        self.waited = False
        _RUNNING.add((client, cluster))

    def submit(self, function, *arguments):
        return self.executor.submit(function, *arguments)

    def map(self, function, *iterables, timeout=None, chunksize=1):
        return self.executor.map(function, *iterables, timeout=timeout, chunksize=chunksize)

    def shutdown(self, wait=True):
        with self.lock:
            self.shutting += 1
            self.waited = self.waited or wait
        try:
            self.executor.shutdown(wait)
        finally:
            # The cluster is not taken away from another call that still waits for its tasks.
            with self.lock:
                self.shutting -= 1
                last = self.waited and self.shutting == 0
        if last:
            self._close()

    def _close(self):
        client, cluster = self.client, self.cluster
        self.client = self.cluster = None
        if client is None:
            return
        _RUNNING.discard((client, cluster))
        if cluster is not None and self.workers:
            # To close a cluster that is about to start a worker in place of a dead one raises
            # `can only join a started process`: the cluster's matter, and not that of the executor.
            try:
                client.wait_for_workers(self.workers, timeout=_REPLACEMENT)
            except TimeoutError:
                pass
        client.close()
        if cluster is not None:
            cluster.close()
