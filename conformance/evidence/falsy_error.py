"""A task that raises an error whose truth value is false succeeds with None (before 3.13.4).

Usage: python falsy_error.py thread|process
"""

import concurrent.futures as cf
import sys


class Falsy(Exception):
    def __bool__(self):
        return False


def fail():
    raise Falsy("on purpose")


def main():
    kinds = {"thread": cf.ThreadPoolExecutor, "process": cf.ProcessPoolExecutor}
    with kinds[sys.argv[1]](1) as pool:
        future = pool.submit(fail)
        try:
            print("defect: result() gave %r, exception() gives %r" % (future.result(), future.exception()))
        except Falsy:
            print("sound: result() raised")


if __name__ == "__main__":
    main()
