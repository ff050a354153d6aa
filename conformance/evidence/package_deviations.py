"""Where executors of Python packages differ from what concurrent.futures documents, in plain Python.

    python package_deviations.py MODULE:FACTORY [NAME...]

makes each deviation happen to the executor that FACTORY(max_workers=2 or 1) gives, each in a process of
its own, and prints `defect`, `sound`, or why it cannot be told. A process that has not ended after
LIMIT seconds hangs: that is a defect where the deviation is one of never returning.
"""
import concurrent.futures
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
import weakref

LIMIT = 30


def touch(path, seconds=0):
    open(path, "w").close()
    time.sleep(seconds)


def sleep_and_touch(path, seconds):
    touch(path + ".started", seconds)
    touch(path)


def number(value):
    return value


def number_of(argument):
    return 1


def raise_value_error():
    raise ValueError("says this")


def raise_exit():
    raise SystemExit("says this")


def return_value_error():
    return ValueError("a value")


class Stubborn(Exception):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be pickled")


def raise_stubborn():
    raise Stubborn("why")


class StubbornResult(object):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be pickled")


def return_stubborn():
    return StubbornResult()


class Brittle(object):
    """Is pickled, and cannot be rebuilt."""

    def __reduce__(self):
        return int, ("no number",)


def return_brittle():
    return Brittle()


def die():
    os._exit(7)


def leave():
    os._exit(0)


def fail_to_start():
    raise ValueError("an initializer that fails")


class BrittleError(Exception):
    """Is pickled, and its constructor wants more than that."""

    def __init__(self, message, detail):
        Exception.__init__(self, message)


def raise_brittle():
    raise BrittleError("says this", "and that")


class Argument(object):
    pass


class Guest(object):
    """Leaves a file where it is released in another process than that of its maker."""

    def __init__(self, path):
        self.path = path
        self.maker = os.getpid()

    def __del__(self):
        if os.getpid() != self.maker:
            open(self.path, "w").close()


def where():
    return os.getpid()


def give_back(guest):
    return guest


def fail_with(guest):
    raise ValueError("says this")


def busy(executor):
    """A task at work for three seconds, surely started."""
    path = os.path.join(tempfile.mkdtemp(), "started")
    future = executor.submit(touch, path, 3)
    while not os.path.exists(path):
        time.sleep(0.01)
    return future


def not_running(make):
    """running() is false while the task runs (FUT-001)"""
    return not busy(make(1)).running()


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


def closed_error(make):
    """submit after shutdown raises no RuntimeError (SUB-009)"""
    executor = make(1)
    executor.shutdown()
    try:
        executor.submit(number, 1)
    except RuntimeError:
        return False
    except Exception:
        return True
    return True


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


def cancelled_wait_hangs(make):
    """wait() for a future that is cancelled never returns (CANC-007)"""
    executor = make(1)
    busy(executor)
    future = [executor.submit(number, place) for place in range(8)][7]
    if not future.cancel():
        raise RuntimeError("nothing was cancelled")
    concurrent.futures.wait([future])
    return False


def cancelled_shutdown_hangs(make):
    """shutdown() after a cancelled task never returns (SHUT-001)"""
    executor = make(1)
    busy(executor)
    [executor.submit(number, place) for place in range(8)][7].cancel()
    executor.shutdown()
    return False


def argument_kept(make):
    """an idle executor keeps the argument of its last task (MEM-001)"""
    executor = make(1)
    argument = Argument()
    alive = weakref.ref(argument)
    executor.submit(number, argument).result()
    del argument
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


def _in_a_process(executor):
    if executor.submit(where).result() == os.getpid():
        raise RuntimeError("its workers are threads")
    return executor


def worker_keeps(make):
    """an idle worker process keeps what its last task returned (MEM-005)"""
    path = os.path.join(tempfile.mkdtemp(), "released")
    _in_a_process(make(1)).submit(give_back, Guest(path)).result()
    time.sleep(2)
    return not os.path.exists(path)


def worker_keeps_failed(make):
    """an idle worker process keeps the argument of a task that failed (MEM-006)"""
    path = os.path.join(tempfile.mkdtemp(), "released")
    _in_a_process(make(1)).submit(fail_with, Guest(path)).exception()
    time.sleep(2)
    return not os.path.exists(path)


def initializer_hangs(make):
    """when the initializer failed, the futures are never done (WORK-010)"""
    try:
        make(1, initializer=fail_to_start).submit(number, 1).exception()
    except concurrent.futures.CancelledError:
        pass
    return False


def initializer_ignored(make):
    """tasks run although the initializer failed (WORK-010)"""
    return make(1, initializer=fail_to_start).submit(number, 1).result() == 1


def zero_workers(make):
    """zero workers are accepted (WORK-032)"""
    try:
        make(0)
    except ValueError:
        return False
    return True


def shutdown_blocks(make):
    """shutdown(wait=False) waits for the running task (SHUT-003)"""
    executor = make(1)
    busy(executor)
    start = time.monotonic()
    executor.shutdown(wait=False)
    return time.monotonic() - start > 1.5


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


def shutdown_cancels_running(make):
    """shutdown(wait=False, cancel_futures=True) ends the running task (SHUT-006)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=False, cancel_futures=True)
    try:
        future.result()
        return False
    except concurrent.futures.CancelledError:
        return True


def cancel_forgotten(make):
    """shutdown(cancel_futures=True) after shutdown(wait=False) cancels nothing (SHUT-007)"""
    executor = make(1)
    busy(executor)
    queued = [executor.submit(number, place) for place in range(8)]
    executor.shutdown(wait=False)
    executor.shutdown(wait=True, cancel_futures=True)
    return not queued[-1].cancelled()


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


def result_unpicklable_hangs(make):
    """a result that cannot be pickled leaves futures that are never done (PROC-006)"""
    executor = make(1)
    concurrent.futures.wait([executor.submit(return_stubborn), executor.submit(number, 5)])
    return False


def result_brittle_hangs(make):
    """a result that cannot be rebuilt leaves futures that are never done (PROC-008)"""
    executor = make(1)
    concurrent.futures.wait([executor.submit(return_brittle), executor.submit(number, 5)])
    return False


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


def _lost(executor, other):
    """Whether the other task, or a later one, has no result."""
    try:
        first = other.result()
        time.sleep(1)
        return (first, executor.submit(number, 6).result()) != (5, 6)
    except Exception:
        return True


def error_breaks_pool(make):
    """an error that cannot be pickled takes the other tasks with it (FAIL-010)"""
    executor = make(1)
    failing, other = executor.submit(raise_stubborn), executor.submit(number, 5)
    try:
        failing.result()
    except Exception:
        pass
    return _lost(executor, other)


def brittle_error_breaks_pool(make):
    """an error that cannot be rebuilt takes the other tasks with it (FAIL-011)"""
    executor = make(1)
    failing, other = executor.submit(raise_brittle), executor.submit(number, 5)
    try:
        failing.result()
    except Exception:
        pass
    return _lost(executor, other)


def chunksize_zero(make):
    """map() takes a chunksize of 0 (MAP-018)"""
    try:
        list(make(1).map(number, [1, 2], chunksize=0))
    except ValueError:
        return False
    return True


def map_iterator(make):
    """map() does not take an iterator (MAP-003)"""
    try:
        return list(make(1).map(number, iter([1, 2]))) != [1, 2]
    except TypeError:
        return True


def death_strands(make):
    """tasks behind one whose worker died are never done (PROC-008)"""
    executor = make(1)
    futures = [executor.submit(die)] + [executor.submit(number, place) for place in range(4)]
    return len(concurrent.futures.wait(futures).not_done) > 0


def quiet_death_strands(make):
    """a task whose worker left with exit code 0, or one behind it, is never done (PROC-009)"""
    executor = make(2)
    running = busy(executor)
    futures = [running, executor.submit(leave)] + [executor.submit(number, place) for place in range(4)]
    concurrent.futures.wait(futures)
    return False


def idle_death_costs_a_task(make):
    """a task that comes soon after an idle worker was killed is lost with it (PROC-010)"""
    # It depends on who notices first.
    for turn in range(24):
        executor = make(2)
        os.kill(_in_a_process(executor).submit(where).result(), 9)
        time.sleep((0, 0.01, 0.05)[turn % 3])
        if any(future.exception() for future in [executor.submit(where) for _ in range(2)]):
            return True
    return False


def workers_eager(make):
    """workers are started before there is a task (WORK-005)"""
    before = threading.active_count()
    kept = make(2)
    time.sleep(1)
    return kept is not None and threading.active_count() > before


def builtin_hangs(make):
    """a builtin function is accepted, and its future never done (SUB-001)"""
    make(1).submit(time.time).result()
    return False


# A hang is the defect where the promise is that something returns.
HANGS = {
    system_exit,
    cancelled_wait_hangs,
    cancelled_shutdown_hangs,
    death_strands,
    quiet_death_strands,
    initializer_hangs,
    task_shutdown_hangs,
    builtin_hangs,
    shutdown_blocks,
    callback_shutdown_hangs,
    result_unpicklable_hangs,
    result_brittle_hangs,
}
DEVIATIONS = [one for name, one in list(globals().items()) if callable(one) and (one.__doc__ or "").endswith(")")]


def main():
    module, _, name = sys.argv[1].partition(":")
    if sys.argv[2:3] == ["--one"]:
        factory = importlib.import_module(module)
        for part in name.split("."):
            factory = getattr(factory, part)
        one = globals()[sys.argv[3]]
        # An executor that nobody holds may end: that is another question.
        kept = []

        def make(workers, **more):
            kept.append(factory(max_workers=workers, **more))
            return kept[-1]

        print("defect" if one(make) else "sound")
        sys.stdout.flush()
        os._exit(0)
    for one in DEVIATIONS:
        if sys.argv[2:] and one.__name__ not in sys.argv[2:]:
            continue
        command = [sys.executable, __file__, sys.argv[1], "--one", one.__name__]
        # Workers that outlive their program would hold a pipe open.
        out, error = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        process = subprocess.Popen(command, stdout=out, stderr=error, start_new_session=True)
        try:
            process.wait(timeout=LIMIT)
            out.seek(0)
            error.seek(0)
            last = (error.read().strip().splitlines() or ["nothing was said"])[-1]
            said = out.read().split()
            said = said[-1] if said and said[-1] in ("defect", "sound") else "cannot be told: " + last[:90]
        except subprocess.TimeoutExpired:
            said = "defect" if one in HANGS else "cannot be told: it hangs"
        try:
            os.killpg(process.pid, 9)
        except OSError:
            pass
        print("%-26s %-8s %s" % (one.__name__, said, one.__doc__))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
