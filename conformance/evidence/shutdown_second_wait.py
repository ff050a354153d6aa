"""A waiting shutdown of a process pool does not wait when a shutdown that did not wait came before it."""

import concurrent.futures as cf
import time


def main():
    for pool in (cf.ThreadPoolExecutor(1), cf.ProcessPoolExecutor(1)):
        future = pool.submit(time.sleep, 1)
        while not future.running():
            time.sleep(0.01)
        pool.shutdown(wait=False)
        pool.shutdown(wait=True)
        verdict = "waited" if future.done() else "BROKEN: returned while the task is running"
        print("%-20s shutdown(wait=True) %s" % (type(pool).__name__, verdict))


if __name__ == "__main__":
    main()
