"""While one callback blocks, a process pool delivers no result of any task."""
import concurrent.futures
import os
import sys
import threading
import time


def main():
    executor = concurrent.futures.ProcessPoolExecutor(2)
    gate = threading.Event()
    entered = threading.Event()
    # It is registered while the task sleeps, not called by this thread.
    executor.submit(time.sleep, 0.5).add_done_callback(lambda _: (entered.set(), gate.wait()))
    entered.wait()
    other = executor.submit(int)
    try:
        other.result(timeout=5)
        print("sound: the result of another task arrived")
    except concurrent.futures.TimeoutError:
        print("defect: the result of another task waits for the callback")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
