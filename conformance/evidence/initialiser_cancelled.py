"""When the initializer of a pool fails, futures that wait behind a cancelled one are never done.

Usage: python initialiser_cancelled.py thread|process

Threads: 3.8 and later. Processes: 3.8 to 3.11.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import threading
import time


def fail_later(gate):
    gate.wait()
    raise RuntimeError("the initializer fails")


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    if sys.version_info < (3, 7):
        end("absent: no initializer")
    if sys.argv[1] == "thread":
        gate = threading.Event()
        pool = cf.ThreadPoolExecutor(1, initializer=fail_later, initargs=(gate,))
    else:
        gate = multiprocessing.Event()
        pool = cf.ProcessPoolExecutor(1, initializer=fail_later, initargs=(gate,))
    futures = [pool.submit(int) for _ in range(8)]
    # The last but one: a process pool counts those that it has handed out as running.
    assert futures[6].cancel()
    gate.set()
    time.sleep(3)
    pending = [number for number, future in enumerate(futures) if not future.done()]
    end("defect: still pending after 3 s: %s" % pending if pending else "sound: every future is done")


if __name__ == "__main__":
    main()
