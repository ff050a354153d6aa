"""shutdown(cancel_futures=True) of a process pool hangs when queued tasks cannot be serialised (3.9 and later).

It depends on when the feeder thread of the pool's queue gets to them: some of forty rounds show it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import pickle
import sys
import threading


class Stubborn(object):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be serialised")


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
    for number in range(40):
        pool = cf.ProcessPoolExecutor(1)
        pool.submit(int)
        for _ in range(4):
            pool.submit(id, Stubborn())
        pool.submit(int)
        call = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
        call.daemon = True
        call.start()
        call.join(10)
        if call.is_alive():
            end("defect: in round %d shutdown has not returned after 10 s" % number)
    end("sound: shutdown returned in 40 rounds")


if __name__ == "__main__":
    main()
