"""The conversation with the host: frames, lanes, and the end."""

import atexit
import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading

from .calls import Calls

# The longest line of the protocol, either way, its end included.
LONGEST = 1 << 24

# How long the end may take, in seconds: after it a pool that hangs no longer keeps us alive.
GRACE = 3


class Link(object):
    """The socket to the host, and the lanes in which its calls are made.

    Each thread of the host has its lane, and each lane is a thread here: what one thread of a
    check calls in sequence is called in sequence by one thread, and no call waits for another
    lane. The first lane is the main thread, as in a script.
    """

    def __init__(self, stream):
        self.stream = stream
        self.sending = threading.Lock()
        self.calls = Calls()
        self.lanes = {}
        self.said_bye = False

    def read(self):
        """Hands every request to its lane until the host closes the connection."""
        try:
            for line in self._lines():
                request = json.loads(line.decode("utf-8"))
                self._lane(request.get("lane", 0)).put(request)
                request = line = None
        except OSError:
            pass
        finally:
            finish_soon()
            self._lane(0).put(None)

    def _lines(self):
        pending = bytearray()
        while True:
            chunk = self.stream.recv(1 << 16)
            if not chunk:
                return
            pending += chunk
            while b"\n" in chunk:
                line, _, pending = pending.partition(b"\n")
                yield line
                chunk = pending

    def _lane(self, number):
        inbox = self.lanes.get(number)
        if inbox is None:
            inbox = self.lanes[number] = queue.Queue()
            if number != 0:
                self._start_lane(number, inbox)
        return inbox

    def _start_lane(self, number, inbox):
        lane = threading.Thread(target=self.serve, args=(inbox,), name="lane-%d" % number)
        lane.daemon = True
        lane.start()

    def serve(self, inbox):
        """Makes the calls of one lane; returns the call that ended it."""
        while True:
            request = inbox.get()
            if request is None:
                return
            ends = request["call"] in ("bye", "end_program")
            if request["call"] == "end_program":
                # The main thread ends as that of a script does; what the host still asks of it
                # is answered by another one, for as long as the program waits for its tasks.
                self._start_lane(0, inbox)
            self._send(self.calls.answer(request))
            if ends:
                return request["call"]
            request = None

    def _send(self, answer):
        line = json.dumps(answer).encode("utf-8") + b"\n"
        if len(line) > LONGEST:
            said = "the answer is longer than %d bytes" % LONGEST
            line = json.dumps({"id": answer["id"], "fault": {"driver": said}}).encode("utf-8") + b"\n"
        try:
            with self.sending:
                self.stream.sendall(line)
        except OSError:
            # The host is gone; the reader notices too and ends this process.
            pass

    def leave(self):
        """Ends this process without taking its modules apart, where the package needs none of that."""
        factory = self.calls.factory
        if self.said_bye and factory is not None and factory.facts.get("ends_at_once"):
            os._exit(0)

    def close_in_child(self, *_):
        """A forked worker does not keep the connection open."""
        self.stream.close()


def finish_soon():
    """Ends this process after the grace, whatever hangs; kept by a thread that needs no Python."""
    quiet = open(os.devnull, "w")
    faulthandler.dump_traceback_later(GRACE, exit=True, file=quiet)


def main():
    """Connects to the host and makes its calls until it says good-bye."""
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Workers are no drivers: they do not see where the host listens.
    stream.connect(os.environ.pop("POOLPROOF_DRIVER"))
    # An interrupt from the keyboard is for the host, which then closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = Link(stream)
    # Registered first, it is called last: after everything that the package does at the end.
    atexit.register(link.leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=link.close_in_child)
    else:
        from multiprocessing import util

        util.register_after_fork(link, Link.close_in_child)
    link.lanes[0] = queue.Queue()
    reader = threading.Thread(target=link.read, name="reader")
    reader.daemon = True
    reader.start()
    if link.serve(link.lanes[0]) == "end_program":
        # The other threads hold everything, as the globals of a script would, and nothing limits
        # how long the end takes.
        return
    finish_soon()
    link.calls.held.clear()
    sys.stdout.flush()
    link.said_bye = True
