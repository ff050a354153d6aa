"""Rounds: bulk measurement. Nothing of the driver runs between the first and the last stamp."""

import hashlib
import math
import os
import queue
import socket
import tempfile
import threading
import time

from . import outcome
from .gates import now_ns
from .outcome import Fault

_MASK = 0xFFFFFFFFFFFFFFFF


def answer(number):
    """What the task `number` must return: a fixed mix of its number."""
    mixed = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    return ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK


def empty(number):
    """Does nothing."""
    return answer(number)


def compute(number, turns):
    """Computes."""
    spin(turns)
    return answer(number)


def rest(number, seconds):
    """Sleeps."""
    time.sleep(seconds)
    return answer(number)


def echo(number, port, trips):
    """Sends a byte over the loopback and waits for it to come back, `trips` times."""
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(trips):
            stream.sendall(b"\7")
            if stream.recv(1) != b"\7":
                raise OSError("the echo server sent something else")
    return answer(number)


def store(number, kib):
    """Writes a temporary file and reads it back."""
    block = b"\7" * (kib * 1024)
    with tempfile.TemporaryFile() as file:
        file.write(block)
        file.seek(0)
        if file.read() != block:
            raise OSError("the file came back changed")
    return answer(number)


def exchange(number, trips):
    """Sends a byte through a pipe of its own and reads it back, `trips` times."""
    reader, writer = os.pipe()
    try:
        for _ in range(trips):
            os.write(writer, b"\7")
            if os.read(reader, 1) != b"\7":
                raise OSError("the byte came back changed")
    finally:
        os.close(reader)
        os.close(writer)
    return answer(number)


_blocks = {}


def _block(kib):
    """So many KiB, made once in each process."""
    if kib not in _blocks:
        _blocks[kib] = b"\7" * (kib * 1024)
    return _blocks[kib]


def digest(number, kib):
    """Hashes, which large buffers do outside of the interpreter lock."""
    hashlib.sha256(_block(kib)).digest()
    return answer(number)


def stream(number, kib):
    """Copies memory."""
    if len(bytearray(_block(kib))) != kib * 1024:
        raise OSError("memory came back changed")
    return answer(number)


def mixed(number, seconds, turns):
    """Sleeps, and then computes."""
    time.sleep(seconds)
    spin(turns)
    return answer(number)


def uneven(number, law, turns, count):
    """Computes for a time that depends on the number of the task."""
    spin(int(turns * _LAWS[law](number, count)))
    return answer(number)


def _spread(number):
    """A place in (0, 1) for each number, the same for all drivers."""
    return min(max((number + 0.5) * 0.6180339887498949 % 1.0, 1e-9), 1 - 1e-9)


_LAWS = {
    "exponential": lambda number, count: -math.log(1 - _spread(number)),
    "bimodal": lambda number, count: 0.5 if _spread(number) < 0.9 else 5.5,
    "pareto": lambda number, count: (1 - _spread(number)) ** (-1 / 1.5) / 3,
    "ascending": lambda number, count: 2 * (number + 0.5) / count,
    "descending": lambda number, count: 2 * (count - number - 0.5) / count,
    "cyclic": lambda number, count: (number % 10 + 0.5) / 5,
}


def stamped(number, task, arguments):
    """Runs a task, and tells when its body began and ended."""
    began = now_ns()
    value = task(number, *arguments)
    return value, began, now_ns()


def spin(turns):
    """The loop that computing tasks turn."""
    state = turns | 1
    for _ in range(turns):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


_turns_per_micro = None


def calibrate():
    """Turns of the loop per microsecond: the fastest of several runs, for noise only slows."""
    global _turns_per_micro
    if _turns_per_micro is None:
        turns, best = 20000, 1
        for _ in range(15):
            start = now_ns()
            spin(turns)
            best = max(best, turns * 1000.0 / max(now_ns() - start, 1))
        _turns_per_micro = best
    return _turns_per_micro


def _task(spec):
    """The function of a workload, and its arguments after the number."""
    workload = spec["workload"]
    if workload == "empty":
        return empty, ()
    (name, amount), = workload.items()
    if name == "cpu":
        return compute, (int(amount * calibrate()),)
    if name == "sleep":
        return rest, (amount / 1e6,)
    if name == "socket":
        return echo, (spec["port"], amount)
    if name in ("io90", "cpu90"):
        computes = 0.1 if name == "io90" else 0.9
        return mixed, (amount * (1 - computes) / 1e6, int(amount * computes * calibrate()))
    if name in _LAWS:
        return uneven, (name, amount * calibrate(), spec["tasks"])
    simple = {"file": store, "pipe": exchange, "hash": digest, "memory": stream}
    if name not in simple:
        raise outcome.unsupported()
    return simple[name], (amount,)


def run(executor, spec):
    """Runs one round and returns what it took; raises if a result is missing or wrong."""
    task, arguments = _task(spec)
    count, dispatch = spec["tasks"], spec["dispatch"]
    trips, stamps = [], []
    try:
        if dispatch == "submit":
            elapsed, results = _submit(executor, task, arguments, count)
        elif dispatch == "one_by_one":
            elapsed, results = _one_by_one(executor, task, arguments, count, trips)
        elif "after_gap" in dispatch:
            gap = dispatch["after_gap"] / 1e6
            elapsed, results = _one_by_one(executor, task, arguments, count, trips, gap)
        elif "held" in dispatch:
            elapsed, results = _held(executor, task, arguments, count, dispatch["held"], spec["port"])
        elif "stamped" in dispatch:
            elapsed, results = _stamped(executor, task, arguments, count, dispatch["stamped"], stamps)
        elif "map" not in dispatch:
            raise outcome.unsupported()
        else:
            elapsed, results = _map(executor, task, arguments, count, dispatch["map"])
    except Fault:
        raise
    except Exception as error:
        raise Fault({"wrong": outcome.describe_failure(outcome.failure(error))}) from None
    _verify(results, count)
    return {"elapsed_ns": elapsed, "trips_ns": trips, "stamps": stamps}


def _submit(executor, task, arguments, count):
    start = now_ns()
    # As a plain script writes it: to pass an empty list of further arguments costs some per cent.
    if arguments:
        futures = [executor.submit(task, number, *arguments) for number in range(count)]
    else:
        futures = [executor.submit(task, number) for number in range(count)]
    results = [future.result() for future in futures]
    return now_ns() - start, results


def _map(executor, task, arguments, count, chunksize):
    keywords = {} if chunksize is None else {"chunksize": chunksize}
    # Lists, because not every `map` takes an iterator.
    columns = [[argument] * count for argument in arguments]
    start = now_ns()
    results = list(executor.map(task, range(count), *columns, **keywords))
    return now_ns() - start, results


def _held(executor, task, arguments, count, holders, port):
    start = now_ns()
    futures = [executor.submit(echo, number, port, 1) for number in range(min(holders, count))]
    futures += [executor.submit(task, number, *arguments) for number in range(len(futures), count)]
    with socket.create_connection(("127.0.0.1", port)) as server:
        server.sendall(b"\1")
        if not server.recv(1):
            raise OSError("the server of the round hung up")
    results = [future.result() for future in futures]
    return now_ns() - start, results


def _one_by_one(executor, task, arguments, count, trips, gap=0):
    results = []
    start = now_ns()
    for number in range(count):
        if gap:
            time.sleep(gap)
        begin = now_ns()
        results.append(executor.submit(task, number, *arguments).result())
        trips.append(now_ns() - begin)
    return now_ns() - start, results


def _stamped(executor, task, arguments, count, period, stamps):
    """Stamps the moments of each task: one at a time, or one every `period` nanoseconds."""
    origin = now_ns()
    pending, results = queue.Queue(), []

    def submit(number, intended):
        marked = [origin]
        entered = now_ns()
        future = executor.submit(stamped, number, task, arguments)
        returned = now_ns()
        if hasattr(future, "add_done_callback"):
            future.add_done_callback(lambda _: marked.__setitem__(0, now_ns()))
        return future, marked, entered if intended is None else intended, entered, returned

    def collect(future, marked, *known):
        value, began, ended = future.result()
        held = now_ns()
        results.append(value)
        stamps.append([moment - origin for moment in (*known, began, ended, marked[0], held)])

    def collect_all():
        try:
            for submitted in iter(pending.get, None):
                collect(*submitted)
        except BaseException as error:
            failures.append(error)

    if not period:
        for number in range(count):
            collect(*submit(number, None))
        return now_ns() - origin, results
    failures = []
    collector = threading.Thread(target=collect_all)
    collector.start()
    try:
        for number in range(count):
            intended = origin + number * period
            early = intended - now_ns()
            if early > 0:
                time.sleep(early / 1e9)
            pending.put(submit(number, intended))
    finally:
        pending.put(None)
        collector.join()
    if failures:
        raise failures[0]
    return now_ns() - origin, results


def _verify(results, count):
    if len(results) != count:
        raise Fault({"wrong": "%d results for %d tasks" % (len(results), count)})
    for number, result in enumerate(results):
        if result != answer(number):
            raise Fault({"wrong": "task %d answered %r" % (number, result)})
