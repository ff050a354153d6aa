"""shutdown(cancel_futures=True) of a process pool hangs when queued tasks cannot be serialised.

It depends on when the feeder thread of the pool's queue gets to them: some of twenty rounds show it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import pickle
import threading


class Stubborn:
    def __reduce__(self):
        raise pickle.PicklingError("cannot be serialised")


def main():
    for number in range(20):
        pool = cf.ProcessPoolExecutor(1)
        pool.submit(int)
        for _ in range(4):
            pool.submit(id, Stubborn())
        pool.submit(int)
        call = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        call.start()
        call.join(10)
        if call.is_alive():
            print("BROKEN: in round %d shutdown has not returned after 10 s" % number, flush=True)
            for worker in multiprocessing.active_children():
                worker.kill()
            os._exit(1)
    print("shutdown returned in 20 rounds")


if __name__ == "__main__":
    main()
