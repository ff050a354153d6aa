"""Futures that shutdown(cancel_futures=True) cancels are never announced to wait (3.9 and later).

Usage: python shutdown_cancel_unannounced.py thread|process
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import time


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    if sys.version_info < (3, 9):
        end("absent: no cancel_futures")
    kinds = {"thread": cf.ThreadPoolExecutor, "process": cf.ProcessPoolExecutor}
    pool = kinds[sys.argv[1]](1)
    futures = [pool.submit(time.sleep, 0.3) for _ in range(6)]
    pool.shutdown(cancel_futures=True)
    assert all(future.done() for future in futures)
    pending = cf.wait(futures, timeout=3).not_done
    end("defect: done() of all is true, and wait says that %d are not" % len(pending) if pending else "sound: all are done")


if __name__ == "__main__":
    main()
