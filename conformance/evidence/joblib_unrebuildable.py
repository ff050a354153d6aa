"""A result that cannot be rebuilt breaks the whole pool of joblib, and not only its own future.

    PYTHONPATH=executors/python python joblib_unrebuildable.py
"""

import os
import sys

from poolproof_joblib import Loky


def refuse():
    raise ValueError("cannot be rebuilt")


class Brittle(object):
    def __reduce__(self):
        return (refuse, ())


def make():
    return Brittle()


def one():
    return 1


def main():
    pool = Loky(2)
    pool.submit(one).result(30)
    try:
        pool.submit(make).result(30)
    except Exception as error:
        print("the task itself: %s" % type(error).__name__)
    for number in range(1, 2001):
        try:
            pool.submit(one).result(30)
        except Exception as error:
            print("defect: task %d after it: %s" % (number, type(error).__name__))
            break
    else:
        print("sound: 2000 tasks after it ran")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
