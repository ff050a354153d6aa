"""executorlib with workers that stay: `SingleNodeExecutor(block_allocation=True)`.

Without that, as `python:executorlib:SingleNodeExecutor` is, it starts an interpreter for each task, and the
number of workers is how many of them may be there at a time.
"""

from executorlib import SingleNodeExecutor

POOLPROOF = {"BlockAllocation": {"package": "executorlib", "kind": "process", "worker_start": "at-opening"}}


def BlockAllocation(max_workers):
    """An executor with as many worker processes as asked, which take one task after the other."""
    return SingleNodeExecutor(max_workers=max_workers, block_allocation=True)
