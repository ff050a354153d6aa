"""A machine that has no thread and no process left, as far as executors can tell."""

import errno
import multiprocessing.process
import os
import threading

_start_thread = threading.Thread.start
_start_process = multiprocessing.process.BaseProcess.start


def _no_thread(thread):
    # The driver's own lanes are no part of the exhausted machine.
    if thread.name.startswith("lane-"):
        return _start_thread(thread)
    raise RuntimeError("can't start new thread")


def _no_process(process):
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def exhaust(exhausted):
    """From now on nothing can be started; or it can again."""
    threading.Thread.start = _no_thread if exhausted else _start_thread
    multiprocessing.process.BaseProcess.start = _no_process if exhausted else _start_process
