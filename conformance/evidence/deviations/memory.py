"""What is kept after a task."""

import concurrent.futures
import os
import tempfile
import time
import weakref

from .tasks import Argument, Guest, busy, fail_with, give_back, in_a_process, number, touch_with


def argument_kept(make):
    """an idle executor keeps the argument of its last task (MEM-001)"""
    executor = make(1)
    argument = Argument()
    alive = weakref.ref(argument)
    executor.submit(number, argument).result()
    del argument
    time.sleep(1)
    return alive() is not None


def failed_argument_kept(make):
    """an idle executor keeps the argument of its last task, which failed, without its future (MEM-031)"""
    executor = make(1)
    argument = Argument()
    alive = weakref.ref(argument)
    future = executor.submit(fail_with, argument)
    concurrent.futures.wait([future])
    del argument, future
    time.sleep(1)
    return alive() is not None


def dropped_argument_kept(make):
    """an idle executor keeps the argument of its last task, whose future was dropped (MEM-032)"""
    executor = make(1)
    argument = Argument()
    alive = weakref.ref(argument)
    path = os.path.join(tempfile.mkdtemp(), "ran")
    executor.submit(touch_with, path, argument)
    del argument
    while not os.path.exists(path):
        time.sleep(0.01)
    time.sleep(1)
    return alive() is not None


def cancelled_argument_kept(make):
    """the argument of a cancelled task is kept until a worker comes to it (CANC-008)"""
    executor = make(1)
    busy(executor)
    argument = Argument()
    alive = weakref.ref(argument)
    future = [executor.submit(number, place) for place in range(8)] and executor.submit(number, argument)
    del argument
    cancelled = future.cancel()
    time.sleep(0.5)
    return cancelled and alive() is not None


def worker_keeps(make):
    """an idle worker process keeps what its last task returned (MEM-005)"""
    path = os.path.join(tempfile.mkdtemp(), "released")
    future = in_a_process(make(1)).submit(give_back, Guest(path))
    # As whoever waits for it: it holds the future, and what came back is another object.
    future.result()
    time.sleep(2)
    return future.done() and not os.path.exists(path)


def worker_keeps_failed(make):
    """an idle worker process keeps the argument of a task that failed (MEM-006)"""
    path = os.path.join(tempfile.mkdtemp(), "released")
    in_a_process(make(1)).submit(fail_with, Guest(path)).exception()
    time.sleep(2)
    return not os.path.exists(path)
