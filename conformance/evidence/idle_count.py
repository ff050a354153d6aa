"""A thread pool counts a worker as idle that is about to take its next task, and stays one worker short (3.12 and later).

After a short task, four tasks that meet at a barrier are submitted to a pool of four. It depends on the schedule: a
short switch interval makes it likely within some thousand rounds.
"""

import concurrent.futures as cf
import os
import sys
import threading


ROUNDS = 20000


def main():
    sys.setswitchinterval(1e-6)
    for number in range(ROUNDS):
        pool = cf.ThreadPoolExecutor(4)
        barrier = threading.Barrier(4)
        pool.submit(int).result()
        futures = [pool.submit(barrier.wait) for _ in range(4)]
        if cf.wait(futures, timeout=10).not_done:
            print("defect: in round %d four tasks did not meet on four workers within 10 s" % number)
            sys.stdout.flush()
            os._exit(0)
        pool.shutdown()
    print("sound: four tasks met in each of %d rounds" % ROUNDS)


if __name__ == "__main__":
    main()
