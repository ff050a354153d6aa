"""A process pool keeps the arguments of tasks that shutdown cancelled for as long as the pool object lives (3.9 and later).
"""

import concurrent.futures as cf
import sys
import time
import weakref


class Large(object):
    pass


def main():
    if sys.version_info < (3, 9):
        print("absent: no cancel_futures")
        return
    pool = cf.ProcessPoolExecutor(1)
    for _ in range(4):
        pool.submit(time.sleep, 0.5)
    large = Large()
    future = pool.submit(id, large)
    alive = weakref.ref(large)
    del large
    pool.shutdown(wait=True, cancel_futures=True)
    print("defect: its argument is still there" if future.cancelled() and alive() else "sound: released")


if __name__ == "__main__":
    main()
