"""Workers that reached max_tasks_per_child are not replaced when they should be (3.11 and later).

Usage: python recycle.py backlog|shutdown|drop

backlog: ten queued tasks and a limit of two: nothing runs after the second.
shutdown, drop: ... and after shutdown(wait=False), or when the pool was dropped, the rest is never done.
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
    if sys.version_info < (3, 11):
        end("absent: no max_tasks_per_child")
    pool = cf.ProcessPoolExecutor(1, max_tasks_per_child=2)
    futures = [pool.submit(time.sleep, 0.1) for _ in range(10)]
    if sys.argv[1] == "shutdown":
        pool.shutdown(wait=False)
    if sys.argv[1] == "drop":
        del pool
    pending = cf.wait(futures, timeout=15).not_done
    end("defect: %d of 10 tasks are not done after 15 s" % len(pending) if pending else "sound: all tasks are done")


if __name__ == "__main__":
    main()
