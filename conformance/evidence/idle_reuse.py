"""Idle workers are not reused: five tasks, one after the other, start four workers.

Usage: python idle_reuse.py thread|process

Threads: 3.6 and 3.7. Processes that are spawned: 3.7 and 3.8; forked ones are all started at once, by design.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import threading
import time


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    if sys.argv[1] == "thread":
        pool = cf.ThreadPoolExecutor(4)
    elif sys.version_info < (3, 7):
        end("absent: no mp_context")
    else:
        pool = cf.ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn"))
    before = threading.active_count()
    for _ in range(5):
        pool.submit(int).result()
        # The worker has time to say that it is idle.
        time.sleep(0.2)
    started = threading.active_count() - before if sys.argv[1] == "thread" else len(multiprocessing.active_children())
    end("%s: %d workers for tasks that never overlapped" % ("defect" if started > 1 else "sound", started))


if __name__ == "__main__":
    main()
