"""A waiting shutdown of a process pool does not wait when a shutdown that did not wait came before it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import time


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    pool = cf.ProcessPoolExecutor(1)
    future = pool.submit(time.sleep, 1)
    while not future.running():
        time.sleep(0.01)
    pool.shutdown(wait=False)
    pool.shutdown(wait=True)
    end("sound: it waited" if future.done() else "defect: it returned while the task is running")


if __name__ == "__main__":
    main()
