"""Results, errors, states and maps."""

import asyncio
import concurrent.futures
import sys
import threading
import time
import weakref

from .tasks import (
    Argument,
    busy,
    invert,
    number,
    number_of,
    raise_exit,
    raise_falsy,
    raise_stop_iteration,
    raise_value_error,
    return_value_error,
    when_it_ended,
)


def not_running(make):
    """running() is false while the task runs, or is not there (FUT-001)"""
    future = busy(make(1))
    return not (hasattr(future, "running") and future.running())


def many_running(make):
    """with every worker busy more futures say that they run than one for each and one more handed over (FUT-003)"""
    executor = make(2)
    futures = [busy(executor)] + [executor.submit(time.sleep, 3) for _ in range(11)]
    # Its workers are there by now, and what is handed over to them is.
    time.sleep(1)
    return sum(future.running() for future in futures) > 2 * 2 + 1


def error_text(make):
    """an error arrives with another text than it was raised with (FAIL-001)"""
    return str(make(1).submit(raise_value_error).exception()) != "says this"


def exception_raises(make):
    """exception() raises the error instead of returning it (FAIL-001)"""
    try:
        make(1).submit(raise_value_error).exception()
    except ValueError:
        return True
    return False


def system_exit(make):
    """the SystemExit that a task raises does not arrive, or nothing does (FAIL-003)"""
    return not isinstance(make(1).submit(raise_exit).exception(), SystemExit)


def error_value(make):
    """an error that a task returns is raised (RES-003)"""
    try:
        make(1).submit(return_value_error).result()
    except ValueError:
        return True
    return False


def builtin_hangs(make):
    """a builtin function is accepted, and its future never done (SUB-001)"""
    make(1).submit(time.time).result()
    return False


def falsy_error(make):
    """an error whose truth value is false is no failure (FAIL-004)"""
    try:
        make(1).submit(raise_falsy).result()
    except Exception:
        return False
    return True


def error_grows(make):
    """each read of a failure makes the traceback of the stored error longer (FAIL-008)"""
    future = make(1).submit(raise_value_error)
    weights = []
    for _ in range(4):
        try:
            future.result()
        except ValueError as error:
            weights.append(_frames(error.__traceback__))
    return weights[3] > weights[0]


def _frames(traceback):
    count = 0
    while traceback is not None:
        traceback, count = traceback.tb_next, count + 1
    return count


def _result_beside(executor, callback):
    """Whether another task has its result while, or after, a callback of a running one does its worst."""
    entered = threading.Event()
    busy(executor).add_done_callback(lambda _: (entered.set(), callback()))
    entered.wait()
    try:
        return executor.submit(number, 5).result(timeout=10) == 5
    except concurrent.futures.TimeoutError:
        return False


def callback_delays_all(make):
    """while a callback blocks no other task has its result (CALL-013)"""
    return not _result_beside(make(2), threading.Event().wait)


def callback_exit_ends_all(make):
    """after a callback raised SystemExit no task has a result any more (CALL-006)"""
    return not _result_beside(make(1), sys.exit)


def callback_exit_skips_others(make):
    """a callback that is registered after one that raises SystemExit is not called (CALL-006)"""
    called = threading.Event()
    future = busy(make(1))
    future.add_done_callback(lambda _: sys.exit())
    future.add_done_callback(lambda _: called.set())
    return not called.wait(timeout=10)


def callback_kept(make):
    """a callback that was called is kept as long as its future lives (CALL-015)"""
    called = threading.Event()

    class Callback(object):
        def __call__(self, _):
            called.set()

    future, callback = busy(make(1)), Callback()
    alive = weakref.ref(callback)
    future.add_done_callback(callback)
    del callback
    called.wait()
    # Whoever calls it may hold it for a moment more.
    time.sleep(0.5)
    # The future lives until here.
    return future.done() and alive() is not None


def as_completed_counts_late(make):
    """the time limit of as_completed() counts from the first result asked for, not from the call (COMP-007)"""
    results = concurrent.futures.as_completed([busy(make(1))], timeout=1)
    time.sleep(1)
    start = time.monotonic()
    try:
        next(results)
    except concurrent.futures.TimeoutError:
        pass
    return time.monotonic() - start > 0.5


def as_completed_drops_done(make):
    """a future that became done after the time limit of as_completed() is not yielded any more (COMP-008)"""
    executor = make(1)
    first = executor.submit(number, 1)
    first.result()
    second = busy(executor)
    results = concurrent.futures.as_completed([first, second], timeout=1)
    next(results)
    second.result()
    try:
        return next(results) is not second
    except concurrent.futures.TimeoutError:
        return True


def awaited_stop_iteration(make):
    """who awaits a task that raises StopIteration waits for ever (ASYN-001)"""
    executor = make(1)

    async def pending():
        loop = asyncio.get_running_loop()
        # What is reported to the loop's handler is the failure to pass the error on.
        loop.set_exception_handler(lambda loop, context: None)
        future = asyncio.wrap_future(executor.submit(raise_stop_iteration))
        return (await asyncio.wait([future], timeout=10))[1]

    return bool(asyncio.run(pending()))


def map_item_kept(make):
    """a map keeps the argument of an item whose result was read (MEM-033)"""
    arguments = [Argument() for _ in range(3)]
    alive = [weakref.ref(argument) for argument in arguments]
    results = make(1).map(number_of, iter(arguments))
    del arguments
    for _ in alive:
        next(results)
    time.sleep(1)
    # The map lives until here.
    return results is not None and any(one() is not None for one in alive)


def map_limit_restarts(make):
    """the time limit of map() counts from each result, not from the call (MAP-006)"""
    executor = make(1)
    results = executor.map(time.sleep, [0, 6], timeout=2)
    next(results)
    time.sleep(2.5)
    start = time.monotonic()
    try:
        next(results)
    except concurrent.futures.TimeoutError:
        pass
    return time.monotonic() - start > 1


def map_limit_early(make):
    """the time limit of map() passes early (MAP-006)"""
    executor = make(1)
    start = time.monotonic()
    try:
        list(executor.map(time.sleep, [6], timeout=2))
    except concurrent.futures.TimeoutError:
        return time.monotonic() - start < 2
    return False


def chunksize_zero(make):
    """map() takes a chunksize of 0 (MAP-018)"""
    try:
        list(make(1).map(number, [1, 2], chunksize=0))
    except ValueError:
        return False
    return True


def map_chunk_lost(make):
    """a failing item of a map takes the results before it in its chunk along (MAP-019)"""
    try:
        return next(iter(make(1).map(invert, [2, 0, 3, 5], chunksize=3))) != 3
    except ZeroDivisionError:
        return True


def map_huge_chunksize(make):
    """map() with a huge chunksize raises MemoryError, however few items there are (MAP-020)"""
    try:
        return list(make(1).map(number, [1, 2], chunksize=sys.maxsize)) != [1, 2]
    except MemoryError:
        return True


def map_iterator(make):
    """map() does not take an iterator (MAP-003)"""
    try:
        return list(make(1).map(number, iter([1, 2]))) != [1, 2]
    except TypeError:
        return True


def done_out_of_order(make):
    """futures of one worker become done in another order than their tasks ended (COMP-031)"""
    executor, end = make(1), time.monotonic() + 20
    # Now and then, and rather where the machine has other things to do.
    while time.monotonic() < end:
        futures = [executor.submit(when_it_ended, place * 0.0005) for place in (20, 1, 3, 0, 4, 2, 0)]
        order = [future.result() for future in concurrent.futures.as_completed(futures)]
        if order != sorted(order):
            return True
    return False
