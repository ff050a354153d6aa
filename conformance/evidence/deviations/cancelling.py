"""Futures that are cancelled."""

import concurrent.futures
import os
import tempfile
import time

from .tasks import busy, number, sleep_and_touch, touch


def cancel_running(make):
    """cancel() of a running task answers true (CANC-002)"""
    return busy(make(1)).cancel()


def finished_cancelled(make):
    """a task that cancel() answered true for ran to its end (CANC-004, PROG-002)"""
    executor = make(1)
    path = os.path.join(tempfile.mkdtemp(), "ended")
    future = executor.submit(sleep_and_touch, path, 2)
    while not os.path.exists(path + ".started"):
        time.sleep(0.01)
    cancelled = future.cancel()
    time.sleep(4)
    return cancelled and os.path.exists(path)


def cancelled_runs(make):
    """a task runs although cancel() answered true (CANC-004)"""
    executor = make(1)
    first = busy(executor)
    path = os.path.join(tempfile.mkdtemp(), "ran")
    futures = [executor.submit(touch, path + str(place)) for place in range(8)]
    cancelled = futures[7].cancel()
    first.result()
    futures[6].result()
    time.sleep(1)
    return cancelled and os.path.exists(path + "7")


def cancelled_at_once_runs(make):
    """a task that was cancelled right after submit runs all the same (CANC-004, PROG-002, PROG-003, PROG-006)"""
    # It depends on how far the executor has come with it.
    for turn in range(40):
        executor = make(1)
        path = os.path.join(tempfile.mkdtemp(), "ran")
        future = executor.submit(touch, path)
        time.sleep(turn % 8 / 1000.0)
        cancelled = future.cancel() and not os.path.exists(path)
        executor.shutdown()
        if cancelled and os.path.exists(path):
            return True
    return False


def cancelled_not_counted(make):
    """a cancelled future says that it is done, and wait() does not count it as done (CANC-006)"""
    executor = make(1)
    futures = [busy(executor)] + [executor.submit(number, place) for place in range(8)]
    if not (futures[8].cancel() and futures[8].done()):
        raise RuntimeError("nothing was cancelled")
    return futures[8] not in concurrent.futures.wait(futures, timeout=0).done


def cancelled_wait_hangs(make):
    """wait() for a future that is cancelled never returns (CANC-007)"""
    executor = make(1)
    busy(executor)
    future = [executor.submit(number, place) for place in range(8)][7]
    if not future.cancel():
        raise RuntimeError("nothing was cancelled")
    concurrent.futures.wait([future])
    return False


def cancelled_strands_others(make):
    """a task that was submitted after a cancelled one is never done (FUT-002, TIME-004, CANC-001 to CANC-004, CALL-001)"""
    executor = make(1)
    first = busy(executor)
    cancelled = [executor.submit(number, place) for place in range(8)][7].cancel()
    last = executor.submit(number, 9)
    first.result()
    # Three seconds for the first one, and ten times as long as eight more need.
    concurrent.futures.wait([last], timeout=20)
    return cancelled and not last.done()


def cancelled_shutdown_hangs(make):
    """shutdown() after a cancelled task never returns (SHUT-001)"""
    executor = make(1)
    busy(executor)
    [executor.submit(number, place) for place in range(8)][7].cancel()
    executor.shutdown()
    return False


def cancelled_quick_shutdown_hangs(make):
    """shutdown(wait=False), as when an executor is dropped, after a cancelled task never returns (PROG-006)"""
    executor = make(1)
    first = busy(executor)
    futures = [executor.submit(number, place) for place in range(8)]
    if not futures[7].cancel():
        raise RuntimeError("nothing was cancelled")
    first.result()
    executor.shutdown(wait=False)
    return False


def cancelled_at_once_strands_others(make):
    """what was submitted after a task that was cancelled right after its submit is never done (PROG-002)"""
    executor = make(1)
    if not executor.submit(touch, os.path.join(tempfile.mkdtemp(), "ran"), 3).cancel():
        raise RuntimeError("it was too late")
    futures = [executor.submit(number, place) for place in range(5)]
    # Ten times as long as five of them need.
    return len(concurrent.futures.wait(futures, timeout=20).not_done) > 0


def cancelled_alone_shutdown_hangs(make):
    """shutdown() never returns after the only task was cancelled right after its submit (PROG-006)"""
    executor = make(1)
    if not executor.submit(touch, os.path.join(tempfile.mkdtemp(), "ran"), 3).cancel():
        raise RuntimeError("it was too late")
    executor.shutdown()
    return False


def map_limit_strands_others(make):
    """a task that was submitted after a map whose time limit passed is never done (WORK-002)"""
    executor = make(1)
    first = busy(executor)
    try:
        next(executor.map(number, range(8), timeout=0))
    except concurrent.futures.TimeoutError:
        pass
    last = executor.submit(number, 9)
    first.result()
    # Three seconds for the first one, and twice as long as nine more need.
    concurrent.futures.wait([last], timeout=15)
    return not last.done()


def map_limit_then_shutdown_hangs(make):
    """shutdown() after a map whose time limit passed never returns (MAP-009)"""
    executor = make(1)
    busy(executor)
    try:
        next(executor.map(number, range(8), timeout=0))
    except concurrent.futures.TimeoutError:
        pass
    executor.shutdown()
    return False


def map_limit_alone_then_shutdown_hangs(make):
    """shutdown() after a map of one item whose time limit passed never returns (PROG-003)"""
    executor = make(1)
    try:
        next(executor.map(number, [1], timeout=0))
    except concurrent.futures.TimeoutError:
        pass
    executor.shutdown()
    return False
