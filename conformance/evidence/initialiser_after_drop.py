"""When the initializer of a pool fails after the pool was dropped, the futures that wait are never done."""

import concurrent.futures as cf
import gc
import os
import threading
import time

GATE = threading.Event()


def fail_later():
    GATE.wait()
    raise RuntimeError("the initializer fails")


def main():
    pool = cf.ThreadPoolExecutor(1, initializer=fail_later)
    futures = [pool.submit(int) for _ in range(3)]
    del pool
    gc.collect()
    GATE.set()
    time.sleep(1)
    pending = [number for number, future in enumerate(futures) if not future.done()]
    print("still pending after 1 s:", pending, ": BROKEN" if pending else "", flush=True)
    os._exit(bool(pending))


if __name__ == "__main__":
    main()
