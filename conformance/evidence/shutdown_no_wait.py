"""After shutdown(wait=False) of a process pool no future is ever done (3.7 and 3.8).
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
    pool = cf.ProcessPoolExecutor(1)
    futures = [pool.submit(time.sleep, 0.2) for _ in range(4)]
    pool.shutdown(wait=False)
    pending = cf.wait(futures, timeout=6).not_done
    end("defect: %d of 4 tasks are not done after 6 s" % len(pending) if pending else "sound: all tasks are done")


if __name__ == "__main__":
    main()
