"""A waiting shutdown of a process pool never returns behind a task that cannot be serialised (3.12.1 to 3.12.7, 3.13.0).

The pool's thread holds a lock while it waits for the thread that feeds the workers to end, and that one wants the lock to
say that a task failed. It depends on the schedule: some of a thousand rounds show it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import pickle
import sys
import threading


ROUNDS = 2000


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
        end("absent: a task that cannot be serialised stays counted as unfinished there, and shutdown waits for it")
    for number in range(ROUNDS):
        pool = cf.ProcessPoolExecutor(1)
        for _ in range(3):
            cf.wait([pool.submit(id, Stubborn())], timeout=2)
        pool.submit(id, Stubborn())
        call = threading.Thread(target=pool.shutdown)
        call.daemon = True
        call.start()
        call.join(10)
        if call.is_alive():
            end("defect: in round %d shutdown has not returned after 10 s" % number)
    end("sound: shutdown returned in %d rounds" % ROUNDS)


if __name__ == "__main__":
    main()
