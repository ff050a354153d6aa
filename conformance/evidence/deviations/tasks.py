"""What the executors run, and what tasks bring and return."""

import os
import pickle
import tempfile
import time


def touch(path, seconds=0):
    open(path, "w").close()
    time.sleep(seconds)


def touch_with(path, argument):
    touch(path)


def sleep_and_touch(path, seconds):
    touch(path + ".started", seconds)
    touch(path)


def number(value):
    return value


def number_of(argument):
    return 1


def invert(divisor):
    return 6 // divisor


def raise_value_error():
    raise ValueError("says this")


def raise_exit():
    raise SystemExit("says this")


def raise_stop_iteration():
    raise StopIteration


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


class BrittleTask(object):
    """Is pickled, and its worker cannot rebuild it."""

    def __reduce__(self):
        return int, ("no number",)

    def __call__(self):
        return 4


class Falsy(Exception):
    def __bool__(self):
        return False


def raise_falsy():
    raise Falsy("says this")


def die():
    os._exit(7)


def count_and_die(path):
    with open(path, "a") as runs:
        runs.write(".")
    die()


def die_late():
    time.sleep(2)
    die()


def leave():
    os._exit(0)


def fail_to_start_late():
    time.sleep(2)
    fail_to_start()


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


def in_a_process(executor):
    if executor.submit(where).result() == os.getpid():
        raise RuntimeError("its workers are threads")
    return executor


def when_it_ended(seconds):
    time.sleep(seconds)
    return time.monotonic()
