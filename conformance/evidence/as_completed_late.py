"""What as_completed does with its time limit.

1. The limit counts from the first result asked for, not from the call, as the documentation says.
2. A future that became done after the limit is not yielded any more, although its result is available.
"""

import concurrent.futures as cf
import threading
import time


def from_when_it_counts():
    gate = threading.Event()
    with cf.ThreadPoolExecutor(1) as pool:
        results = cf.as_completed([pool.submit(gate.wait)], timeout=0.5)
        time.sleep(0.5)
        start = time.monotonic()
        try:
            next(results)
        except cf.TimeoutError:
            print("0.5 s after the call, with a limit of 0.5 s, next() still waited %.1f s" % (time.monotonic() - start))
        gate.set()


def done_after_the_limit():
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
            print("yielded:", next(results) is second)
        except cf.TimeoutError:
            print("second.done() is", second.done(), "and next() raised TimeoutError")


if __name__ == "__main__":
    from_when_it_counts()
    done_after_the_limit()
