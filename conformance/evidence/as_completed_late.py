"""What as_completed does with its time limit.

Usage: python as_completed_late.py limit|late

limit: it counts from the first result asked for, not from the call, as the documentation says.
late: a future that became done after the limit is not yielded any more, although its result is available.
"""

import concurrent.futures as cf
import sys
import threading
import time


def limit():
    gate = threading.Event()
    with cf.ThreadPoolExecutor(1) as pool:
        results = cf.as_completed([pool.submit(gate.wait)], timeout=0.5)
        time.sleep(0.5)
        start = time.monotonic()
        try:
            next(results)
        except cf.TimeoutError:
            waited = time.monotonic() - start
            verdict = "defect" if waited > 0.25 else "sound"
            print("%s: 0.5 s after the call, with a limit of 0.5 s, next() still waited %.1f s" % (verdict, waited))
        gate.set()


def late():
    gate = threading.Event()
    with cf.ThreadPoolExecutor(1) as pool:
        first = pool.submit(int)
        second = pool.submit(gate.wait)
        results = cf.as_completed([first, second], timeout=0.1)
        next(results)
        time.sleep(0.2)
        gate.set()
        second.result()
        try:
            print("sound: yielded the second:", next(results) is second)
        except cf.TimeoutError:
            print("defect: done() of the second is", second.done(), "and next() raised TimeoutError")


if __name__ == "__main__":
    {"limit": limit, "late": late}[sys.argv[1]]()
