"""Probes: the tasks of checks. A task is a tuple, so that any serialiser can take it to a worker."""

import concurrent.futures
import os
import signal
import time

from . import autopsy, outcome, table, values  # noqa: F401 (workers import this module)
from .gates import Witness, now_ns, thread_number
from .outcome import ON_PURPOSE, Fault


class ProbeError(Exception):
    """The ordinary error of a probe."""


class FalsyError(Exception):
    """An error whose truth value is false, both ways."""

    def __bool__(self):
        return False

    def __len__(self):
        return 0


class UnserialisableError(Exception):
    """An error that cannot be serialised."""

    def __reduce__(self):
        return values.Stubborn().__reduce__()


class UnrebuildableError(Exception):
    """An error that serialises, and whose constructor wants more than was serialised."""

    def __init__(self, message, detail):
        Exception.__init__(self, message)
        self.detail = detail


_ERRORS = {
    "error": ProbeError,
    "panic": ProbeError,
    "panic_payload": ProbeError,
    "falsy": FalsyError,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
    "stop_iteration": StopIteration,
    "timeout": concurrent.futures.TimeoutError,
    "cancelled": concurrent.futures.CancelledError,
    "unserialisable": UnserialisableError,
    "unrebuildable": lambda message: UnrebuildableError(message, "a second argument"),
}


class Canary(object):
    """Notes in the history when the process that submitted a probe releases it."""

    def __init__(self, house, label):
        self.house = house
        self.label = label

    def __reduce__(self):
        return (no_canary, ())

    def described(self):
        """What the host is told of it: the watch over its release stays here."""
        return {"canary": False}

    def __del__(self):
        witness = Witness(self.house, {"task": self.label})
        witness.note("released")
        witness.close()


def no_canary():
    """What a canary is in every other process."""
    return None


def task(probe):
    """The argument of `run` for a probe of the protocol."""
    canary = Canary(probe["house"], probe["label"]) if probe["canary"] else None
    return (probe, values.decode(probe["value"]), canary)


def run(task):
    """Runs a probe as a task."""
    reply = _body(task[0], task[1], {"task": task[0]["label"]})
    asks_for_canary = isinstance(reply, values.Marker) and reply.name == "canary_reply"
    return task[2] if asks_for_canary else reply


def initialise(task):
    """Runs a probe as the initialiser of a worker."""
    _body(task[0], task[1], "initialiser")


class Callback(object):
    """Runs a probe when a future is done."""

    def __init__(self, probe):
        self.task = task(probe)

    def __call__(self, future):
        probe, value, _ = self.task
        given = "given a future that is %s" % ("done" if future.done() else "not done")
        _body(probe, value, {"callback": probe["label"]}, given, future)


def _body(probe, value, actor, remark=None, future=None):
    witness = Witness(probe["house"], actor)
    witness.future = future
    try:
        witness.note("started")
        if remark is not None:
            witness.note({"noted": remark})
        if isinstance(value, values.Payload):
            value.check()
        for step in probe["steps"]:
            (name, content), = step.items()
            _STEPS[name](content, probe, witness)
        witness.note("finished")
    finally:
        witness.close()
        witness.future = future = None
    return _reply(value, probe)


def _reply(value, probe):
    if isinstance(value, values.HeldReply):
        return values.Held(probe["house"], probe["label"], value.gate)
    if isinstance(value, values.Marker):
        if value.name == "who_am_i":
            return values.Identity(os.getpid(), thread_number())
        if value.name == "unserialisable_reply":
            return values.Stubborn()
        if value.name == "unrebuildable_reply":
            return values.Brittle()
    return value


def _note(said, probe, witness):
    witness.note({"noted": said})


def _pass(gate, probe, witness):
    witness.pass_gate(gate)


def _sleep(micros, probe, witness):
    time.sleep(micros / 1e6)


def _spin(micros, probe, witness):
    end = now_ns() + micros * 1000
    while now_ns() < end:
        pass


def _fail(how, probe, witness):
    witness.note("finished")
    raise _ERRORS[how](ON_PURPOSE)


def _die(how, probe, witness):
    if how == "abort":
        os.abort()
    elif how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        os._exit(how["exit"])


_GONE = "the executor is gone"


def _submit(child, probe, witness):
    opened = table.find(probe)
    if opened is None:
        witness.note({"noted": _GONE})
        return
    try:
        opened.submit(child)
        said = "submitted %d" % child["label"]
    except Fault as fault:
        said = "refused %d: %s" % (child["label"], outcome.describe_fault(fault.wire))
    witness.note({"noted": said})


def _submit_and_wait(child, probe, witness):
    opened = table.find(probe)
    if opened is None:
        witness.note({"noted": _GONE})
        return
    try:
        future = opened.submit(child)
        opened = None
        ended = outcome.result(future, None, values.describe)
        said = ended["Ok"] if "Ok" in ended else outcome.describe_failure(ended["Err"])
    except Fault as fault:
        said = outcome.describe_fault(fault.wire)
    witness.note({"noted": "child %d: %s" % (child["label"], said)})


def _on_done(child, probe, witness):
    if witness.future is None:
        witness.note({"noted": "the future is gone"})
        return
    witness.future.add_done_callback(Callback(child))
    witness.note({"noted": "registered %d" % child["label"]})


def _shutdown(how, probe, witness):
    opened = table.find(probe)
    if opened is None:
        witness.note({"noted": _GONE})
        return
    try:
        opened.shutdown(how["wait"], how["cancel_futures"])
        said = "shutdown returned"
    except Fault as fault:
        said = "shutdown refused: %s" % outcome.describe_fault(fault.wire)
    except Exception as error:
        said = "shutdown refused: %s" % outcome.describe_fault({"raised": outcome.raised(error)})
    witness.note({"noted": said})


_STEPS = {
    "note": _note,
    "pass": _pass,
    "sleep": _sleep,
    "spin": _spin,
    "fail": _fail,
    "die": _die,
    "submit": _submit,
    "submit_and_wait": _submit_and_wait,
    "on_done": _on_done,
    "shutdown": _shutdown,
}
