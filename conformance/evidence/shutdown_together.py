"""Several threads that shut a process pool down at the same time: one of them may get an error.

Each thread closes the same descriptors and takes the same attributes away, without a lock. It depends on the schedule;
a short switch interval shows it sooner.
"""

import concurrent.futures as cf
import sys
import threading


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
    for number in range(POOLS):
        pool = cf.ProcessPoolExecutor(1)
        pool.submit(int).result()
        together = threading.Barrier(THREADS)
        errors = []
        threads = [threading.Thread(target=shut_down, args=(pool, together, errors)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            print("defect: with pool %d a shutdown raised %s" % (number, errors[0]))
            return
    print("sound: no shutdown raised with %d pools" % POOLS)


if __name__ == "__main__":
    main()
