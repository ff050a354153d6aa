"""When the initializer of a thread pool fails after the pool was dropped, the futures that wait are never done (3.7 and later).
"""

import concurrent.futures as cf
import gc
import os
import sys
import threading
import time


GATE = threading.Event()


def fail_later():
    GATE.wait()
    raise RuntimeError("the initializer fails")


def main():
    if sys.version_info < (3, 7):
        print("absent: no initializer")
        return
    pool = cf.ThreadPoolExecutor(1, initializer=fail_later)
    futures = [pool.submit(int) for _ in range(3)]
    del pool
    gc.collect()
    GATE.set()
    time.sleep(2)
    pending = [number for number, future in enumerate(futures) if not future.done()]
    print("defect: still pending after 2 s: %s" % pending if pending else "sound: every future is done")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
