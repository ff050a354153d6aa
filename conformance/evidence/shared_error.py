"""All futures of a broken process pool hold the same error object (3.7 and later).
"""

import concurrent.futures as cf
import os
import signal
import time


def die():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    pool = cf.ProcessPoolExecutor(1)
    futures = [pool.submit(die), pool.submit(int)]
    errors = [future.exception(20) for future in futures]
    print("defect: one object for all" if errors[0] is errors[1] else "sound: each has its own")
    pool.shutdown()


if __name__ == "__main__":
    main()
