"""A process pool keeps the arguments of tasks that shutdown cancelled for as long as the pool object lives."""

import concurrent.futures as cf
import time
import weakref


class Large:
    pass


def main():
    for pool in (cf.ThreadPoolExecutor(1), cf.ProcessPoolExecutor(1)):
        for _ in range(4):
            pool.submit(time.sleep, 0.5)
        large = Large()
        future = pool.submit(id, large)
        alive = weakref.ref(large)
        del large
        pool.shutdown(wait=True, cancel_futures=True)
        verdict = "BROKEN: still there" if alive() else "released"
        print("%-20s cancelled: %s, its argument: %s" % (type(pool).__name__, future.cancelled(), verdict))


if __name__ == "__main__":
    main()
