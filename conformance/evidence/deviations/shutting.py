"""Shutdown: when it returns, and what is left then."""

import concurrent.futures
import os
import threading
import time

from .tasks import StubbornResult, busy, in_a_process, number, where


def shutdown_blocks(make):
    """shutdown(wait=False) waits for the running task (SHUT-003)"""
    executor = make(1)
    busy(executor)
    start = time.monotonic()
    executor.shutdown(wait=False)
    return time.monotonic() - start > 1.5


def shutdown_blocks_behind_queue(make):
    """shutdown(wait=False) waits for a worker for the tasks that are queued (SHUT-003, SHUT-007, SHUT-008)"""
    executor = make(1)
    busy(executor)
    queued = [executor.submit(number, place) for place in range(3)]
    start = time.monotonic()
    executor.shutdown(wait=False)
    return time.monotonic() - start > 1.5 and any(future.done() for future in queued)


def shutdown_cancelling_blocks(make):
    """shutdown(wait=False, cancel_futures=True) waits for a worker for the tasks that are queued (MEM-034)"""
    executor = make(1)
    busy(executor)
    # They are what is cancelled, but for one that somebody has taken out of the queue by then.
    queued = [executor.submit(number, place) for place in range(9)]
    time.sleep(0.5)
    start = time.monotonic()
    executor.shutdown(wait=False, cancel_futures=True)
    return time.monotonic() - start > 1.5 and len(queued) == 9


def shutdown_early(make):
    """shutdown(wait=True) returns before the running task is done (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=True)
    return not future.done()


def second_shutdown_early(make):
    """shutdown(wait=True) after shutdown(wait=False) does not wait (SHUT-004)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=False)
    executor.shutdown(wait=True)
    return not future.done()


def shutdown_together_early(make):
    """of two threads in shutdown(wait=True) the second does not wait (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    threading.Thread(target=executor.shutdown, daemon=True).start()
    time.sleep(0.5)
    executor.shutdown(wait=True)
    return not future.done()


def shutdown_together_hangs(make):
    """one of two threads in shutdown(wait=True) never returns (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    threads = [threading.Thread(target=executor.shutdown, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    future.result()
    # Twenty times as long as the task that they wait for needed after this.
    for thread in threads:
        thread.join(10)
    return any(thread.is_alive() for thread in threads)


def shutdown_together_fails(make):
    """shutdown(wait=True) of several threads at once raises (SHUT-001)"""
    failed = []

    def stop(executor):
        try:
            executor.shutdown(wait=True)
        except Exception as error:
            failed.append(error)

    # It depends on who comes when.
    for _ in range(10):
        executor = make(2)
        executor.submit(number, 1).result()
        threads = [threading.Thread(target=stop, args=(executor,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return bool(failed)


def callback_shutdown_hangs(make):
    """shutdown(wait=True) in a callback never returns (SHUT-032)"""
    executor = make(1)
    returned = threading.Event()

    def stop(future):
        try:
            executor.shutdown(wait=True)
        finally:
            returned.set()

    executor.submit(time.sleep, 1).add_done_callback(stop)
    returned.wait()
    return False


def task_shutdown_hangs(make):
    """shutdown(wait=True) in a task, on threads, never returns (SHUT-010)"""
    executor = make(1)
    executor.submit(lambda: executor.shutdown(wait=True)).exception()
    return False


def unserialisable_shutdown_hangs(make):
    """shutdown(wait=True) behind a task that cannot be pickled never returns (SHUT-012)"""
    # It depends on when the thread that pickles comes to it.
    end = time.monotonic() + 20
    while time.monotonic() < end:
        executor = make(1)
        for _ in range(3):
            concurrent.futures.wait([executor.submit(number, StubbornResult())])
        executor.submit(number, StubbornResult())
        stop = threading.Thread(target=executor.shutdown, daemon=True)
        stop.start()
        stop.join(8)
        if stop.is_alive():
            return True
    return False


def threads_left(make):
    """each executor that was shut down leaves threads behind (SHUT-016)"""
    counts = []
    for _ in range(3):
        executor = make(2)
        executor.submit(number, 1).result()
        executor.shutdown()
        time.sleep(0.5)
        counts.append(len(os.listdir("/proc/self/task")))
    return counts == sorted(set(counts))


def worker_outlives_shutdown(make):
    """a worker process is there when a waiting shutdown has returned (PROC-033)"""
    for _ in range(5):
        executor = make(1)
        worker = in_a_process(executor).submit(where).result()
        executor.shutdown(wait=True)
        try:
            os.kill(worker, 0)
            return True
        except OSError:
            pass
    return False
