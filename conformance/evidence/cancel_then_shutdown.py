"""shutdown() of a process pool hangs when the only task left was just cancelled (3.7 to 3.9).

It depends on the schedule: most of ten rounds show it.
"""

import concurrent.futures as cf
import multiprocessing
import os
import sys
import threading


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    for number in range(30):
        pool = cf.ProcessPoolExecutor(1)
        pool.submit(int).cancel()
        call = threading.Thread(target=pool.shutdown)
        call.daemon = True
        call.start()
        call.join(5)
        if call.is_alive():
            end("defect: in round %d shutdown has not returned after 5 s" % number)
    end("sound: shutdown returned in 30 rounds")


if __name__ == "__main__":
    main()
