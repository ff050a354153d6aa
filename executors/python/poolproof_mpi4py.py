"""mpi4py.futures with worker processes that are spawned through MPI.

Open MPI starts nothing as root, and no more processes than there are cores, unless it is told that
this is meant: checks run as whoever runs them, and gates need two workers at a time.

Its daemon must not watch sockets with `epoll` (libevent's `EVENT_NOEPOLL`): from the second pool of
a program on, it may otherwise overlook a worker that says it is there, and then the call that
spawns the workers never returns. `conformance/evidence/mpi4py_spawn.py` shows that, and the remedy.

Where nobody launched this program through MPI, it is also told that this is one host, on which
processes that were spawned later are reached through TCP on the loopback. Otherwise each process
opens the libraries of every network that Open MPI was built for, asks X11 and OpenCL what there is,
and reads the PCI bus, before it comes to the same choice. Who says otherwise, in the way that
libevent, Open MPI and hwloc document, is heard.
"""

import os

_SETTINGS = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_btl_base_warn_component_unused": "0",
    "EVENT_NOEPOLL": "1",
}
if os.getuid() == 0:
    _SETTINGS.update({"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})
if "OMPI_COMM_WORLD_SIZE" not in os.environ:
    _SETTINGS.update({
        "OMPI_MCA_pml": "ob1",
        "OMPI_MCA_btl": "self,tcp",
        "HWLOC_COMPONENTS": "-linux:pci",
        "HWLOC_PLUGINS_BLACKLIST": "hwloc_gl.so,hwloc_opencl.so,hwloc_pci.so",
    })
for _name, _setting in _SETTINGS.items():
    os.environ.setdefault(_name, _setting)

from mpi4py.futures import MPIPoolExecutor, as_completed, wait  # noqa: E402, F401

# What the death of a process does is for MPI to decide, and it usually ends the whole program.
POOLPROOF = {
    "MPIPoolExecutor": {"package": "mpi4py", "kind": "process", "worker_loss": "fatal", "without": ["worker-loss"]}
}
