"""mpi4py.futures with worker processes that are spawned through MPI.

Open MPI starts nothing as root, and no more processes than there are cores, unless it is told that
this is meant: checks run as whoever runs them, and gates need two workers at a time.
"""

import os

os.environ.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
os.environ.setdefault("OMPI_MCA_btl_base_warn_component_unused", "0")
if os.getuid() == 0:
    os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT", "1")
    os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")

from mpi4py.futures import MPIPoolExecutor, as_completed, wait  # noqa: E402, F401

# What the death of a process does is for MPI to decide, and it usually ends the whole program.
POOLPROOF = {
    "MPIPoolExecutor": {"package": "mpi4py", "kind": "process", "worker_loss": "fatal", "without": ["worker-loss"]}
}
