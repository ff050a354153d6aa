"""When a worker dies, futures that wait behind a cancelled one are never done (3.8 to 3.11).
"""

import concurrent.futures as cf
import multiprocessing
import os
import signal
import sys
import time


def die():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    pool = cf.ProcessPoolExecutor(1)
    futures = [pool.submit(die)] + [pool.submit(int) for _ in range(7)]
    assert futures[6].cancel()
    time.sleep(4)
    pending = [number for number, future in enumerate(futures) if not future.done()]
    end("defect: still pending after 4 s: %s" % pending if pending else "sound: every future is done")


if __name__ == "__main__":
    main()
