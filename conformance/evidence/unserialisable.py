"""What cannot be serialised does more damage than it should in a process pool.

Usage: python unserialisable.py argument|result|error|rebuilt|neighbours|shutdown

argument: the future of a task that cannot be serialised is never done (3.6).
result, error: a result, or an error, that cannot be serialised breaks the pool (3.6).
rebuilt: a result that cannot be rebuilt hangs its future (3.6).
neighbours: tasks behind several that cannot be serialised never run (3.6 to 3.8).
shutdown: shutdown waits for ever for tasks that cannot be serialised (3.6 to 3.8).
"""

import concurrent.futures as cf
import multiprocessing
import os
import pickle
import sys
import threading


class Stubborn(object):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be serialised")


class StubbornError(Exception):
    def __reduce__(self):
        raise pickle.PicklingError("cannot be serialised")


def refuse():
    raise ValueError("cannot be rebuilt")


class Brittle(object):
    def __reduce__(self):
        return (refuse, ())


def make():
    return Stubborn()


def make_brittle():
    return Brittle()


def fail():
    raise StubbornError


def end(verdict):
    """Says it and ends, whatever hangs."""
    print(verdict)
    sys.stdout.flush()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


def main():
    pool = cf.ProcessPoolExecutor(1)
    case = sys.argv[1]
    if case in ("argument", "rebuilt"):
        future = pool.submit(id, Stubborn()) if case == "argument" else pool.submit(make_brittle)
        try:
            end("sound: its error is %s" % type(future.exception(5)).__name__)
        except cf.TimeoutError:
            end("defect: its future is not done after 5 s")
    if case in ("result", "error"):
        pool.submit({"result": make, "error": fail}[case]).exception(10)
        try:
            end("sound: the next task returned %r" % pool.submit(int).result(10))
        except Exception as error:
            end("defect: the next task: %s" % type(error).__name__)
    bad = [pool.submit(id, Stubborn()) for _ in range(6)]
    if case == "neighbours":
        good = [pool.submit(int) for _ in range(3)]
        pending = cf.wait(good, timeout=5).not_done
        end("defect: %d of 3 good tasks behind 6 bad ones have not run" % len(pending) if pending else "sound: all ran")
    call = threading.Thread(target=pool.shutdown)
    call.daemon = True
    call.start()
    call.join(5)
    end("defect: shutdown has not returned after 5 s" if call.is_alive() else "sound: shutdown returned")


if __name__ == "__main__":
    main()
