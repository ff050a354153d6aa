"""shutdown(cancel_futures=True) deadlocks when a cancelled task leads to another call (threads, 3.9 and later).

Usage: python cancel_futures_callback_submits.py submit|shutdown|finaliser

submit, shutdown: a callback of the task makes that call. finaliser: what the task carried submits when it is released.
"""
import concurrent.futures
import os
import sys
import threading

if sys.version_info < (3, 9):
    print("absent: no cancel_futures")
    sys.exit()

gate = threading.Event()
started = threading.Event()
executor = concurrent.futures.ThreadPoolExecutor(1)
executor.submit(lambda: (started.set(), gate.wait()))
started.wait()


def again(_):
    try:
        executor.submit(int)
    except RuntimeError:
        pass


class Finaliser(object):
    def __del__(self):
        again(None)


if sys.argv[1] == "submit":
    executor.submit(int).add_done_callback(again)
elif sys.argv[1] == "shutdown":
    executor.submit(int).add_done_callback(lambda _: executor.shutdown(wait=False))
else:
    executor.submit(id, Finaliser())
    executor.submit(int)
stop = threading.Thread(target=lambda: executor.shutdown(wait=False, cancel_futures=True))
stop.daemon = True
stop.start()
stop.join(5)
print("defect: shutdown does not return" if stop.is_alive() else "sound: shutdown returned")
sys.stdout.flush()
os._exit(0)
