"""Tasks wait behind one that ends its worker's process, and end with it although they are allowed to run elsewhere.

    python dask_death.py

The scheduler has the task run again on a new worker until three were lost, and holds each loss against whatever was
sent to that worker together with it: sometimes such a task fails with KilledWorker, too, and sometimes it is never done.
"""
import concurrent.futures
import os
import time

import dask
import distributed


def die():
    time.sleep(2)
    os._exit(7)


def number(value):
    return value


def main():
    # It depends on which tasks a new worker is sent at once.
    begin = time.monotonic()
    while time.monotonic() - begin < 100:
        with dask.config.set({"distributed.worker.multiprocessing-method": "fork"}):
            cluster = distributed.LocalCluster(
                n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50
            )
        executor = distributed.Client(cluster).get_executor(pure=False, retries=0)
        executor.submit(die)
        others = [executor.submit(number, value) for value in range(5)]
        done = concurrent.futures.wait(others, timeout=60).done
        if len(done) < len(others) or any(future.exception() for future in done):
            return "defect"
    return "sound"


if __name__ == "__main__":
    print(main(), flush=True)
    os._exit(0)
