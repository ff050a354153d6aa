"""An idle worker process keeps what its last task brought.

Usage: python worker_keeps.py returned|failed

returned: an argument that the task returned (3.6 and 3.7). failed: the argument of a task that failed (3.6 to 3.8).
"""

import concurrent.futures as cf
import os
import sys
import tempfile
import time


class Guest(object):
    """Writes to a file when a process that it was sent to releases it."""

    def __init__(self, path, sent=False):
        self.path, self.sent = path, sent

    def __reduce__(self):
        return (Guest, (self.path, True))

    def __del__(self):
        if self.sent:
            with open(self.path, "a") as file:
                file.write("%d " % os.getpid())


def give_back(guest):
    return guest, os.getpid()


def fail(guest):
    raise ValueError(os.getpid())


def main():
    path = tempfile.mkstemp()[1]
    pool = cf.ProcessPoolExecutor(1)
    if sys.argv[1] == "returned":
        worker = pool.submit(give_back, Guest(path)).result()[1]
    else:
        worker = pool.submit(fail, Guest(path)).exception().args[0]
    time.sleep(2)
    with open(path) as file:
        released = str(worker) in file.read().split()
    print("sound: released by the idle worker" if released else "defect: the idle worker keeps it")
    pool.shutdown()
    os.remove(path)


if __name__ == "__main__":
    main()
