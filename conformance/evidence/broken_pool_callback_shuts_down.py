"""A callback that shuts down when the pool breaks stops the delivery of all other failures.

Usage: python broken_pool_callback_shuts_down.py killed|initializer|initializer-thread

`killed` and `initializer` are about process pools (3.12 and later), `initializer-thread` about thread pools (3.7 and
later).
"""
import concurrent.futures
import multiprocessing
import os
import signal
import sys
import threading

gate = None


def wait_for_gate():
    gate.wait()
    raise ValueError("the initializer fails")


def wait_and_die():
    gate.wait()
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    global gate
    how = sys.argv[1]
    if how != "killed" and sys.version_info < (3, 7):
        print("absent: no initializer")
        return
    if how == "initializer-thread":
        gate = threading.Event()
        executor = concurrent.futures.ThreadPoolExecutor(1, initializer=wait_for_gate)
    else:
        # Workers are forked, and share the gate.
        context = multiprocessing.get_context("fork")
        gate = context.Event()
        options = {"initializer": wait_for_gate} if how == "initializer" else {}
        executor = concurrent.futures.ProcessPoolExecutor(1, **options)
    futures = [executor.submit(wait_and_die if how == "killed" else int)]
    futures += [executor.submit(int) for _ in range(3)]
    futures[1].add_done_callback(lambda _: executor.shutdown(wait=False))
    gate.set()
    waiting = []
    for future in futures:
        waiter = threading.Thread(target=future.exception)
        waiter.daemon = True
        waiter.start()
        waiting.append(waiter)
    for waiter in waiting:
        waiter.join(5)
    pending = [number for number, future in enumerate(futures) if not future.done()]
    print("defect: the tasks %s never are done" % pending if pending else "sound: every task is done")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
