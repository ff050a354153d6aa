"""shutdown() hangs when a worker died while large arguments were being written to it (3.9 and 3.10).
"""

import concurrent.futures as cf
import multiprocessing
import os
import signal
import sys
import threading


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    pool = cf.ProcessPoolExecutor(2)
    large = b"x" * 4000000
    futures = [pool.submit(die, large) for _ in range(10)]
    cf.wait(futures, timeout=20)
    call = threading.Thread(target=pool.shutdown)
    call.daemon = True
    call.start()
    call.join(8)
    end("defect: shutdown has not returned after 8 s" if call.is_alive() else "sound: shutdown returned")


if __name__ == "__main__":
    main()
