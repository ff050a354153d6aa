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
import time
import weakref

LIMIT = 30


def touch(path, seconds=0):
    open(path, "w").close()
    time.sleep(seconds)


def number(value):
    return value


def raise_value_error():
    raise ValueError("says this")


def return_value_error():
    return ValueError("a value")


class Stubborn(Exception):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be pickled")


def raise_stubborn():
    raise Stubborn("why")


def die():
    os._exit(7)


def fail_to_start():
    raise ValueError("an initializer that fails")


class Argument(object):
    pass


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


def error_breaks_pool(make):
    """an error that cannot be pickled takes the other tasks with it (FAIL-010)"""
    executor = make(1)
    failing, other = executor.submit(raise_stubborn), executor.submit(number, 5)
    try:
        failing.result()
    except Exception:
        pass
    try:
        return other.result() != 5
    except Exception:
        return True


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


def builtin_hangs(make):
    """a builtin function is accepted, and its future never done (SUB-001)"""
    make(1).submit(time.time).result()
    return False


# A hang is the defect where the promise is that something returns.
HANGS = {cancelled_wait_hangs, cancelled_shutdown_hangs, death_strands, builtin_hangs, shutdown_blocks}
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
