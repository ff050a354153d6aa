"""A task, a result or an error that arrives and cannot be rebuilt breaks the whole process pool, not only its own future.

Usage: python unrebuildable_breaks_pool.py task|result|error

3.6 leaves the pool hanging instead when a result or an error cannot be rebuilt.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys


class TwoArguments(Exception):
    def __init__(self, first, second):
        Exception.__init__(self, first)


def refuse():
    raise ValueError("cannot be rebuilt")


class Brittle(object):
    def __reduce__(self):
        return (refuse, ())


def make():
    return Brittle()


def fail():
    raise TwoArguments("one", "two")


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    pool = cf.ProcessPoolExecutor(1)
    call = {"task": (id, Brittle()), "result": (make,), "error": (fail,)}[sys.argv[1]]
    pool.submit(*call)
    try:
        end("sound: the next task returned %r" % pool.submit(int).result(5))
    except Exception as error:
        end("defect: the next task: %s" % type(error).__name__)


if __name__ == "__main__":
    main()
