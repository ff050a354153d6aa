"""How calls end: outcomes of tasks, and faults of calls, in the words of the protocol."""

import concurrent.futures
import pickle
import queue

_BROKEN = {
    "BrokenExecutor",
    "BrokenProcessPool",
    "BrokenThreadPool",
    # The words of dask, pebble, deadpool, ray and executorlib for a worker that died with its task.
    "KilledWorker",
    "ExecutorlibSocketError",
    "ProcessExpired",
    "ProcessError",
    "WorkerCrashedError",
}

# What a failing probe says; tells the error of a task from the same class raised by the executor.
ON_PURPOSE = "probe fails on purpose"


class Fault(Exception):
    """A call that did not return what it was asked for."""

    def __init__(self, wire):
        Exception.__init__(self, wire)
        self.wire = wire


def timed_out():
    """The limit passed."""
    return Fault("timed_out")


def unsupported():
    """The executor does not offer this."""
    return Fault("unsupported")


def text(error):
    """What an error says."""
    try:
        # Half a surrogate pair is a text of Python, and none of JSON.
        return str(error).encode("utf-8", "replace").decode("utf-8")
    except Exception:
        return "an error without text"


def raised(error):
    """An error, by the name of its class."""
    return {"kind": type(error).__name__, "message": text(error)}


def is_named(error, names):
    """Whether the error's class, or one that it extends, has one of these names."""
    return any(cls.__name__ in names for cls in type(error).__mro__)


def is_timeout(error):
    """Whether it is the time-out error of the API or of the language."""
    return isinstance(error, (concurrent.futures.TimeoutError, TimeoutError)) or is_named(error, {"TimeoutError"})


def failure(error):
    """Why a finished future holds no value."""
    if type(error).__name__ == "ProcessError" and "pickling it failed" in text(error):
        # deadpool's word for a worker that died, and for an error that could not leave a sound one.
        return {"unserialisable": text(error)}
    if is_named(error, _BROKEN):
        return {"broken": text(error)}
    if isinstance(error, pickle.PicklingError):
        return {"unserialisable": text(error)}
    return {"raised": raised(error)}


def refusal(error, shut_down):
    """Why a task was not accepted."""
    if is_named(error, _BROKEN):
        return Fault({"refused": {"broken": text(error)}})
    if isinstance(error, queue.Full):
        return Fault({"refused": "full"})
    if isinstance(error, RuntimeError):
        said = text(error).lower()
        if shut_down or "shutdown" in said or "shut down" in said:
            return Fault({"refused": "shutdown"})
    return Fault({"refused": {"other": raised(error)}})


# A traceback keeps the frames below the place where its error is caught, and these keep their
# variables. So whoever catches an error of a future forgets the future before returning: a
# future that the check dropped must not live on in a frame of the driver.


def result(future, timeout, encode):
    """Waits for the outcome of a future."""
    try:
        value = future.result() if timeout is None else future.result(timeout)
    except BaseException as error:
        if is_timeout(error) and not _own_error(future):
            raise timed_out() from None
        if is_named(error, {"CancelledError"}) and future.cancelled():
            return {"Err": "cancelled"}
        return {"Err": failure(error)}
    finally:
        future = None
    try:
        return {"Ok": encode(value)}
    except Exception as error:
        return {"Err": failure(error)}


def awaited(future, encode):
    """Awaits the outcome of a future in an event loop of its own."""
    # Only those who ask for it pay for the import.
    import asyncio

    if not isinstance(future, concurrent.futures.Future):
        raise unsupported()
    loop = asyncio.new_event_loop()
    try:
        value = loop.run_until_complete(asyncio.wrap_future(future, loop=loop))
    except BaseException as error:
        if is_named(error, {"CancelledError"}) and future.cancelled():
            return {"Err": "cancelled"}
        return {"Err": failure(error)}
    finally:
        loop.close()
        future = None
    try:
        return {"Ok": encode(value)}
    except Exception as error:
        return {"Err": failure(error)}


def error_weight(future):
    """How many frames the traceback of a future's stored error holds."""
    traceback = getattr(future.exception(0), "__traceback__", None)
    future = None
    frames = 0
    while traceback is not None:
        frames += 1
        traceback = traceback.tb_next
    return frames


def exception(future, timeout):
    """Waits for the failure of a future; None if it has none."""
    try:
        error = future.exception() if timeout is None else future.exception(timeout)
        return None if error is None else failure(error)
    except BaseException as error:
        if is_timeout(error):
            raise timed_out() from None
        if is_named(error, {"CancelledError"}) and future.cancelled():
            return "cancelled"
        raise
    finally:
        future = None
        error = None


def _own_error(future):
    """Whether the time-out error that `result` raised is the task's own: then it is stored."""
    try:
        return future.done() and is_timeout(future.exception(0))
    except BaseException as error:
        # What is done does not time out; some raise what they should return.
        return is_timeout(error)
    finally:
        future = None


def state(future):
    """The three predicates as they were at one moment.

    They are read one by one, so they are read until two readings agree: a future moves forward
    only, and a reading that a move fell into is not repeated.
    """
    before = None
    while True:
        now = {"running": future.running(), "done": future.done(), "cancelled": future.cancelled()}
        if now == before:
            return now
        before = now


def of_map(error, limited):
    """What a map's iterator raised, as the outcome of the item that it was asked for."""
    own = text(error) == ON_PURPOSE
    if is_timeout(error) and limited and not own:
        raise timed_out() from None
    if is_named(error, {"CancelledError"}) and not own:
        return {"Err": "cancelled"}
    return {"Err": failure(error)}


def describe_failure(wire):
    """A failure as it is written in notes of the history."""
    if wire == "cancelled":
        return "the task was cancelled"
    (name, content), = wire.items()
    if name == "broken":
        return "the executor lost the task: %s" % content
    if name == "unserialisable":
        return "the task or its result cannot be serialised: %s" % content
    return "the task raised %s: %s" % (content["kind"], content["message"])


def describe_fault(wire):
    """A fault as it is written in notes of the history."""
    if wire == "timed_out":
        return "timed out"
    if wire == "unsupported":
        return "not offered by this executor"
    (name, content), = wire.items()
    if name == "raised":
        return "the call raised %s: %s" % (content["kind"], content["message"])
    if name != "refused":
        return str(content)
    if content == "shutdown":
        return "refused: the executor has been shut down"
    if content == "full":
        return "refused: the queue is full"
    (name, content), = content.items()
    if name == "broken":
        return "refused: the executor is broken: %s" % content
    return "refused: %s: %s" % (content["kind"], content["message"])
