"""A submit that fails because no worker can be started leaves its task behind, which runs later.

Usage: python ghost_task.py thread|process

The failure is injected: starting a thread, or a process, raises what it raises on a machine that has none left. Process
pools whose workers are spawned: 3.9 and later.
"""

import concurrent.futures as cf
import errno
import multiprocessing.process
import multiprocessing
import os
import sys
import tempfile
import threading
import time


def refuse_thread(thread):
    raise RuntimeError("can't start new thread")


def refuse_process(process):
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def mark(path):
    with open(path, "a") as file:
        file.write("ran")


def main():
    if sys.argv[1] == "thread":
        pool = cf.ThreadPoolExecutor(2)
    elif sys.version_info < (3, 7):
        print("absent: no mp_context")
        return
    else:
        pool = cf.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    path = tempfile.mkstemp()[1]
    first = pool.submit(time.sleep, 3)
    while not first.running():
        time.sleep(0.01)
    starts = threading.Thread.start, multiprocessing.process.BaseProcess.start
    threading.Thread.start, multiprocessing.process.BaseProcess.start = refuse_thread, refuse_process
    try:
        pool.submit(mark, path)
        refused = False
    except (RuntimeError, OSError):
        refused = True
    threading.Thread.start, multiprocessing.process.BaseProcess.start = starts
    pool.shutdown()
    with open(path) as file:
        ran = bool(file.read())
    os.remove(path)
    verdict = "defect" if refused and ran else "sound"
    print("%s: submit %s, and the task %s" % (verdict, "failed" if refused else "returned", "ran" if ran else "did not run"))


if __name__ == "__main__":
    main()
