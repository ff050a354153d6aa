"""Pools of four workers, one after the other, each asked for one result: at some of them it never comes.

    python mpi4py_spawn.py

The thread that has MPI spawn the workers does not return from that call. Seen once in about eighty pools on two busy
cores, with Open MPI: whether mpi4py or MPI is at fault is not known.
"""
import os
import threading
import time

# Open MPI starts nothing as root, nor more processes than there are cores, unless it is told that this is meant.
os.environ.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT", "1")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")

from mpi4py.futures import MPIPoolExecutor  # noqa: E402


def one_pool(done):
    executor = MPIPoolExecutor(4)
    executor.submit(abs, -1).result()
    executor.shutdown()
    done.append(True)


def main():
    begin = time.monotonic()
    while time.monotonic() - begin < 300:
        done = []
        pool = threading.Thread(target=one_pool, args=(done,), daemon=True)
        pool.start()
        pool.join(90)
        if not done:
            return "defect"
    return "sound"


if __name__ == "__main__":
    print(main(), flush=True)
    os._exit(0)
