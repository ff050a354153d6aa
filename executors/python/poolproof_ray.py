"""ray in the shape of an executor: remote functions, and the futures of their references."""

import os

import ray

POOLPROOF = {
    "Executor": {
        "package": "ray",
        "kind": "cluster",
        "worker_loss": "replaced",
        "worker_limit": "RAY_ADDRESS" not in os.environ,
        "start_order": "any",
        "without": ["cancel"],
    }
}


class Executor(object):
    """Each task is one remote call that takes one of the processors given to ray."""

    def __init__(self, max_workers):
        if ray.is_initialized():
            ray.shutdown()
        if "RAY_ADDRESS" in os.environ:
            ray.init(log_to_driver=False)
        else:
            ray.init(num_cpus=max_workers, include_dashboard=False, log_to_driver=False, logging_level="error")
        self.references = []
        self.open = True

    def submit(self, function, *arguments):
        if not self.open:
            raise RuntimeError("cannot schedule new futures after shutdown")
        reference = ray.remote(max_retries=0)(function).remote(*arguments)
        self.references.append(reference)
        return reference.future()

    def shutdown(self, wait=True):
        self.open = False
        references, self.references = self.references, []
        if wait and references:
            ray.wait(references, num_returns=len(references))
