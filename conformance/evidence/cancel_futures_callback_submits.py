"""shutdown(cancel_futures=True) deadlocks when a callback of a cancelled task submits (threads, 3.9 and later)."""
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


executor.submit(int).add_done_callback(again)
stop = threading.Thread(target=lambda: executor.shutdown(wait=False, cancel_futures=True))
stop.daemon = True
stop.start()
stop.join(5)
print("defect: shutdown does not return" if stop.is_alive() else "sound: shutdown returned")
sys.stdout.flush()
os._exit(0)
