"""Several threads that shut a process pool down at the same time: one of them may get an OSError.

Each thread closes the result queue after the manager thread ended, and nothing keeps two of them
from closing the same descriptor: "Bad file descriptor". It depends on the schedule; the switch
interval is shortened to show it sooner. Prints how many of the pools it happened to.
"""

import sys
import threading
from concurrent.futures import ProcessPoolExecutor

POOLS = 300
THREADS = 4


def shut_down(pool, together, errors):
    together.wait()
    try:
        pool.shutdown(wait=True)
    except Exception as error:
        errors.append(repr(error))


def main():
    sys.setswitchinterval(1e-6)
    hit = []
    for _ in range(POOLS):
        pool = ProcessPoolExecutor(1)
        pool.submit(int).result()
        together = threading.Barrier(THREADS)
        errors = []
        threads = [threading.Thread(target=shut_down, args=(pool, together, errors)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            hit.append(errors[0])
    print("%s: in %d of %d pools a shutdown raised%s" % (
        sys.version.split()[0], len(hit), POOLS, ", for example " + hit[0] if hit else ""))


if __name__ == "__main__":
    main()
