"""shutdown(cancel_futures=True) of a process pool is forgotten when a plain shutdown() follows it at once.

It depends on when the thread of the pool looks: most of ten rounds show it.
"""

import concurrent.futures as cf
import time


def main():
    lost = 0
    for _ in range(10):
        pool = cf.ProcessPoolExecutor(1)
        futures = [pool.submit(time.sleep, 0.2)] + [pool.submit(int) for _ in range(8)]
        while not futures[0].running():
            time.sleep(0.01)
        pool.shutdown(wait=False, cancel_futures=True)
        pool.shutdown()
        cf.wait([future for future in futures if not future.cancelled()])
        lost += not any(future.cancelled() for future in futures)
    print("nothing was cancelled in %d of 10 rounds%s" % (lost, ": BROKEN" if lost else ""))


if __name__ == "__main__":
    main()
