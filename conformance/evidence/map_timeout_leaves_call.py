"""At its time limit map cancels what has not started, the awaited call excepted, which still runs (3.6 to 3.9).

Usage: python map_timeout_leaves_call.py thread|process
"""

import concurrent.futures as cf
import os
import sys
import tempfile
import time


def mark(path, number):
    with open(path, "a") as file:
        file.write("%d " % number)


def main():
    kinds = {"thread": cf.ThreadPoolExecutor, "process": cf.ProcessPoolExecutor}
    path = tempfile.mkstemp()[1]
    with kinds[sys.argv[1]](1) as pool:
        # More than a process pool hands out in advance.
        for _ in range(4):
            pool.submit(time.sleep, 0.5)
        results = pool.map(mark, [path] * 3, range(3), timeout=0)
        try:
            next(results)
        except cf.TimeoutError:
            pass
    with open(path) as file:
        ran = file.read().split()
    os.remove(path)
    print("defect: calls that ran after the limit: %s" % ran if ran else "sound: nothing ran after the limit")


if __name__ == "__main__":
    main()
