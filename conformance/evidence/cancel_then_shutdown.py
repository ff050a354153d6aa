"""shutdown() of a process pool hangs when the only task left was just cancelled (3.7 to 3.9).

The workers are there already, and idle. It depends on the schedule: most rounds show it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import threading

ROUNDS = 100


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    for number in range(ROUNDS):
        watch = threading.Timer(8, end, ["defect: in round %d shutdown has not returned after 8 s" % number])
        watch.start()
        pool = cf.ProcessPoolExecutor(1)
        pool.submit(int).result()
        # Without a pause: the thread of the pool must not have seen the task.
        pool.submit(int).cancel()
        pool.shutdown()
        watch.cancel()
    end("sound: shutdown returned in %d rounds" % ROUNDS)


if __name__ == "__main__":
    main()
