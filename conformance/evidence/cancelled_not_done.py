"""A cancelled future says that it is done, and wait does not count it as done until a worker has passed it.

Usage: python cancelled_not_done.py thread|process
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
    kinds = {"thread": cf.ThreadPoolExecutor, "process": cf.ProcessPoolExecutor}
    pool = kinds[sys.argv[1]](1)
    futures = [pool.submit(time.sleep, 2) for _ in range(6)]
    last = futures[-1]
    assert last.cancel() and last.done()
    counted = last in cf.wait(futures, timeout=0).done
    end("sound: counted as done" if counted else "defect: done() is %s, and wait says not done" % last.done())


if __name__ == "__main__":
    main()
