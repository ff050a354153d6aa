"""The gates' protocol: how a body tells the check what it does, and stops where the check wants."""

import json
import os
import socket
import threading
import time

try:
    now_ns = time.monotonic_ns
except AttributeError:

    def now_ns():
        """Nanoseconds on the monotonic clock (Python 3.6 has only the float)."""
        return int(time.monotonic() * 1e9)


def thread_number():
    """The calling thread, as the operating system numbers threads."""
    try:
        return threading.get_native_id()
    except AttributeError:
        # Before Python 3.8 only the kernel tells.
        try:
            return int(os.readlink("/proc/thread-self").rpartition("/")[2])
        except (OSError, ValueError):
            return threading.get_ident()


class Witness(object):
    """The connection of one body to its gatehouse; a house that is gone is told nothing."""

    def __init__(self, house, actor):
        self.actor = actor
        self.stream = None
        path = house["path"]
        if path:
            stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                stream.connect(path)
                self.stream = stream
            except OSError:
                stream.close()

    def note(self, moment):
        """Writes an event into the history; returns when it is there."""
        self._ask({"note": self._event(moment)})

    def pass_gate(self, gate):
        """Stops at `gate` until it is open."""
        self._ask({"pass": gate, "note": self._event({"arrived": gate})})
        self.note({"passed": gate})

    def close(self):
        """Ends the conversation."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _event(self, moment):
        return {
            "at_ns": now_ns(),
            "actor": self.actor,
            "moment": moment,
            "pid": os.getpid(),
            "tid": thread_number(),
        }

    def _ask(self, request):
        if self.stream is None:
            return
        try:
            self.stream.sendall(json.dumps(request).encode("utf-8") + b"\n")
            while True:
                answer = self.stream.recv(4096)
                if not answer or answer.endswith(b"\n"):
                    return
        except OSError:
            # The trial is over and nobody reads its history any more.
            self.close()
