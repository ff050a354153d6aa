"""shutdown(cancel_futures=True) of a process pool is forgotten when a plain shutdown() follows it at once (3.9 and later).

It depends on when the thread of the pool looks: most rounds show it.
"""

import concurrent.futures as cf
import sys
import time


ROUNDS = 15


def main():
    if sys.version_info < (3, 9):
        print("absent: no cancel_futures")
        return
    lost = 0
    for _ in range(ROUNDS):
        pool = cf.ProcessPoolExecutor(1)
        futures = [pool.submit(time.sleep, 0.2)] + [pool.submit(int) for _ in range(8)]
        while not futures[0].running():
            time.sleep(0.01)
        pool.shutdown(wait=False, cancel_futures=True)
        pool.shutdown()
        cf.wait([future for future in futures if not future.cancelled()])
        lost += not any(future.cancelled() for future in futures)
    print("%s: nothing was cancelled in %d of %d rounds" % ("defect" if lost else "sound", lost, ROUNDS))


if __name__ == "__main__":
    main()
