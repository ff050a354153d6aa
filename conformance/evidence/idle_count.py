"""A thread pool counts a worker as idle that is about to take its next task, and stays one worker short.

After a short task, four tasks that meet at a barrier are submitted to a pool of four. It depends on the schedule: a
short switch interval makes it likely within some thousand rounds.
"""

import concurrent.futures as cf
import os
import sys
import threading


def main():
    sys.setswitchinterval(1e-6)
    for number in range(20000):
        pool = cf.ThreadPoolExecutor(4)
        barrier = threading.Barrier(4)
        pool.submit(int).result()
        futures = [pool.submit(barrier.wait) for _ in range(4)]
        if cf.wait(futures, timeout=10).not_done:
            print("BROKEN: in round %d four tasks did not meet on four workers within 10 s" % number, flush=True)
            os._exit(1)
        pool.shutdown()
    print("four tasks met in every round")


if __name__ == "__main__":
    main()
