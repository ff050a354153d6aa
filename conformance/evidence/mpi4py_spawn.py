"""Pools of two workers, one after the other in the same program, each asked for one result: at some of them it never comes.

    python mpi4py_spawn.py
    python mpi4py_spawn.py poll

The thread that has MPI spawn the workers does not return from that call: one of the workers waits in `PMIx_Init` for an
answer of Open MPI's daemon, and all others wait for it: what is waited for is below mpi4py. Four such programs at once show
it on two cores, with Open MPI 4.1.4 and PMIx 4.2.2: once in about thirty to a hundred and sixty pools, so far in the second
of a program or a later one. With `poll`, where the daemon waits in `poll` instead of `epoll` (libevent's `EVENT_NOEPOLL`), it was
not seen in 480. A run that shows it takes a minute or two.
"""
import os
import subprocess
import sys

# Open MPI starts nothing as root, nor more processes than there are cores, unless it is told that this is meant.
os.environ.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT", "1")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")

POOLS = 60
PROGRAMS = 4
# What a program exits with whose result never came.
NEVER_CAME = 7


def pools():
    from mpi4py.futures import MPIPoolExecutor

    for _ in range(POOLS):
        executor = MPIPoolExecutor(2)
        try:
            executor.submit(abs, -1).result(timeout=30)
        except TimeoutError:
            # Neither the pool nor MPI would let the program end.
            os._exit(NEVER_CAME)
        executor.shutdown()
    os._exit(0)


def main():
    if "poll" in sys.argv:
        os.environ["EVENT_NOEPOLL"] = "1"
    programs = [subprocess.Popen([sys.executable, __file__, "pools"]) for _ in range(PROGRAMS)]
    ended = [program.wait() for program in programs]
    if any(code not in (0, NEVER_CAME) for code in ended):
        sys.exit("a program could not run its pools: they ended with %s" % ended)
    return "defect" if NEVER_CAME in ended else "sound"


if __name__ == "__main__":
    if "pools" in sys.argv:
        pools()
    print(main(), flush=True)
