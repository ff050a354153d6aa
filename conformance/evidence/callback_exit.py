"""A callback that raises SystemExit takes the worker (threads) or all result delivery (processes) with it.

Usage: python callback_exit.py thread|process
"""
import concurrent.futures
import os
import sys
import threading
import time


def main():
    kind = sys.argv[1]
    executors = {"thread": "ThreadPoolExecutor", "process": "ProcessPoolExecutor"}
    executor = getattr(concurrent.futures, executors[kind])(1)
    called = threading.Event()

    def leave(_):
        called.set()
        sys.exit(1)

    # It is registered while the task sleeps, not called by this thread.
    executor.submit(time.sleep, 0.5).add_done_callback(leave)
    called.wait()
    try:
        executor.submit(int).result(timeout=5)
        print("sound: the executor still runs tasks")
    except concurrent.futures.TimeoutError:
        print("defect: nothing runs any more")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
