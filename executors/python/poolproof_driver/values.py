"""What probes carry: the values of the protocol as objects of Python, and back."""

import pickle

from .gates import Witness


class DamagedPayload(Exception):
    """The bytes that arrived are not those that were sent."""


class Stubborn(object):
    """A value that cannot be serialised."""

    def __reduce__(self):
        raise pickle.PicklingError("a stubborn value cannot be serialised")


class Brittle(object):
    """A value that serialises and cannot be rebuilt."""

    def __reduce__(self):
        return (refuse_to_rebuild, ())


def refuse_to_rebuild():
    """What a brittle value serialises to."""
    raise ValueError("a brittle value cannot be rebuilt")


class ErrorValue(Exception):
    """An error that is returned, not raised."""

    def __init__(self, kind, message):
        Exception.__init__(self, kind, message)


class Payload(object):
    """Bytes that repeat the eight bytes of a seed, and are compared with it wherever they arrive."""

    def __init__(self, seed, data):
        self.seed = seed
        self.data = data

    @classmethod
    def of(cls, length, seed):
        """The payload of that length."""
        return cls(seed, _repeat(length, seed))

    def check(self):
        """Raises if a byte changed."""
        if self.data != _repeat(len(self.data), self.seed):
            raise DamagedPayload("the payload was damaged")


def _repeat(length, seed):
    return (seed.to_bytes(8, "little") * (length // 8 + 1))[:length]


class Identity(object):
    """The worker that ran a task."""

    def __init__(self, pid, tid):
        self.pid = pid
        self.tid = tid


class Guest(object):
    """Notes `guest released` when a process that it was sent to releases it."""

    def __init__(self, house, label, sent=False):
        self.house = house
        self.label = label
        self.sent = sent

    def __reduce__(self):
        return (Guest, (self.house, self.label, True))

    def __del__(self):
        if self.sent:
            witness = Witness(self.house, {"task": self.label})
            witness.note({"noted": "guest released"})
            witness.close()


class HeldReply(object):
    """Asks for a result that stops at a gate while the submitting process rebuilds it."""

    def __init__(self, gate):
        self.gate = gate


class Held(object):
    """A result that stops at a gate while the submitting process rebuilds it."""

    def __init__(self, house, label, gate):
        self.at = (house, label, gate)

    def __reduce__(self):
        return (rebuild_held, self.at)


def rebuild_held(house, label, gate):
    """What a held result serialises to."""
    witness = Witness(house, {"task": label})
    witness.pass_gate(gate)
    witness.close()
    return Held(house, label, gate)


class Marker(object):
    """A value that is only an instruction to the worker: `who_am_i` and the replies."""

    def __init__(self, name):
        self.name = name


def decode(value):
    """The object that stands for a value of the protocol."""
    if value == "none":
        return None
    if isinstance(value, str):
        return Marker(value)
    (name, content), = value.items()
    if name in ("bool", "int", "text"):
        return content
    if name == "payload":
        return Payload.of(*content)
    if name == "error_value":
        return ErrorValue(content["kind"], content["message"])
    if name == "unserialisable":
        return Stubborn()
    if name == "unrebuildable":
        return Brittle()
    if name == "guest":
        return Guest(content["house"], content["label"])
    if name == "held_reply":
        return HeldReply(content)
    if name == "identity":
        return Identity(content["pid"], content["tid"])
    raise ValueError("unknown value `%s`" % name)


def encode(value):
    """The value of the protocol that an object stands for."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": value}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, Payload):
        value.check()
        return {"payload": [len(value.data), value.seed]}
    if isinstance(value, ErrorValue):
        return {"error_value": {"kind": value.args[0], "message": value.args[1]}}
    if isinstance(value, Identity):
        return {"identity": {"pid": value.pid, "tid": value.tid}}
    if isinstance(value, Guest):
        return {"guest": {"house": value.house, "label": value.label}}
    if isinstance(value, Stubborn):
        return {"unserialisable": None}
    if isinstance(value, Brittle):
        return {"unrebuildable": None}
    if isinstance(value, Held):
        return {"held": None}
    if isinstance(value, Marker):
        return value.name
    if hasattr(value, "described"):
        return value.described()
    # Not something a probe returns: the check sees what came instead.
    return {"text": "an unexpected object: %s" % type(value).__name__}


def describe(value):
    """A value as it is written in notes of the history."""
    value = encode(value)
    if isinstance(value, str):
        return {"none": "None"}.get(value, value)
    (name, content), = value.items()
    if name == "bool":
        return "Bool(%s)" % str(content).lower()
    if name == "int":
        return "Int(%d)" % content
    if name == "text":
        return 'Text("%s")' % content
    if name == "identity":
        return "Identity { pid: %d, tid: %d }" % (content["pid"], content["tid"])
    return name
