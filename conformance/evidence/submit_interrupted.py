"""A submit that a finaliser makes while submit is going on in the same thread deadlocks.

Usage: python submit_interrupted.py thread|process

The collector is told to start after so many objects that it falls into submit; it finalises garbage that submits. A
signal handler that submits does the same.
"""

import concurrent.futures as cf
import gc
import multiprocessing
import os
import sys
import threading


class Garbage(object):
    def __init__(self, pool):
        self.me = self
        self.pool = pool

    def __del__(self):
        self.pool.submit(int)


def submit(pool, rounds):
    for turn in range(150):
        gc.disable()
        gc.collect()
        Garbage(pool)
        gc.set_threshold(gc.get_count()[0] + turn % 30)
        gc.enable()
        pool.submit(int)
        rounds.append(turn)


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    kinds = {"thread": cf.ThreadPoolExecutor, "process": cf.ProcessPoolExecutor}
    rounds = []
    call = threading.Thread(target=submit, args=(kinds[sys.argv[1]](2), rounds))
    call.daemon = True
    call.start()
    call.join(10)
    end("defect: deadlock in round %d" % len(rounds) if call.is_alive() else "sound: %d rounds" % len(rounds))


if __name__ == "__main__":
    main()
