"""Workers: how they begin, what ends them, and what they cannot send back."""

import concurrent.futures
import os
import sys
import tempfile
import threading
import time

from .tasks import (
    BrittleTask,
    busy,
    count_and_die,
    die,
    die_late,
    fail_to_start,
    fail_to_start_late,
    in_a_process,
    leave,
    number,
    raise_brittle,
    raise_stubborn,
    return_brittle,
    return_stubborn,
    where,
)


def initializer_hangs(make):
    """when the initializer failed, the futures are never done (WORK-010)"""
    try:
        make(1, initializer=fail_to_start).submit(number, 1).exception()
    except concurrent.futures.CancelledError:
        pass
    return False


def initializer_ignored(make):
    """tasks run although the initializer failed (WORK-010)"""
    return make(1, initializer=fail_to_start).submit(number, 1).result() == 1


def initializer_callback_strands(make):
    """when the initializer failed, a callback that submits leaves futures that are never done (CALL-034)"""
    executor = make(1, initializer=fail_to_start_late)
    futures = [executor.submit(number, place) for place in range(3)]

    def again(_):
        try:
            executor.submit(number, 9)
        except Exception:
            # Refused, as it should be.
            pass

    futures[1].add_done_callback(again)
    return len(concurrent.futures.wait(futures, timeout=15).not_done) > 0


def initializer_callback_shuts_down(make):
    """when the initializer failed, a callback that shuts down leaves futures that are never done (CALL-037)"""
    executor = make(1, initializer=fail_to_start_late)
    futures = [executor.submit(number, place) for place in range(3)]
    futures[1].add_done_callback(lambda _: executor.shutdown(wait=False))
    return len(concurrent.futures.wait(futures, timeout=15).not_done) > 0


def zero_workers(make):
    """zero workers are accepted (WORK-032)"""
    try:
        make(0)
    except ValueError:
        return False
    return True


def result_unpicklable_hangs(make):
    """a result that cannot be pickled leaves futures that are never done (PROC-006)"""
    executor = make(1)
    concurrent.futures.wait([executor.submit(return_stubborn), executor.submit(number, 5)])
    return False


def result_unpicklable_breaks_pool(make):
    """a result that cannot be pickled takes the other tasks with it (PROC-006)"""
    return _is_lost_beside(make, return_stubborn)


def task_brittle_breaks_pool(make):
    """a task that its worker cannot rebuild takes the other tasks with it (PROC-031)"""
    return _is_lost_beside(make, BrittleTask())


def result_brittle_hangs(make):
    """a result that cannot be rebuilt leaves futures that are never done (PROC-008)"""
    executor = make(1)
    concurrent.futures.wait([executor.submit(return_brittle), executor.submit(number, 5)])
    return False


def _lost(executor, other):
    """Whether the other task, or a later one, has no result."""
    try:
        first = other.result()
        time.sleep(1)
        return (first, executor.submit(number, 6).result()) != (5, 6)
    except Exception:
        return True


def _is_lost_beside(make, fails):
    """Whether a task is lost because another one fails so."""
    executor = make(1)
    failing = executor.submit(fails)
    try:
        other = executor.submit(number, 5)
    except Exception:
        # Refused: an executor that takes no task before it has room for it has broken by then.
        return True
    try:
        failing.result()
    except Exception:
        pass
    return _lost(executor, other)


def error_breaks_pool(make):
    """an error that cannot be pickled takes the other tasks with it (FAIL-010)"""
    return _is_lost_beside(make, raise_stubborn)


def brittle_error_breaks_pool(make):
    """an error that cannot be rebuilt takes the other tasks with it (FAIL-011)"""
    return _is_lost_beside(make, raise_brittle)


def brittle_result_breaks_pool(make):
    """a result that cannot be rebuilt takes the other tasks with it (PROC-032)"""
    return _is_lost_beside(make, return_brittle)


def death_strands(make):
    """tasks behind one whose worker died are never done (PROC-008)"""
    executor = make(1)
    futures = [executor.submit(die)] + [executor.submit(number, place) for place in range(4)]
    return len(concurrent.futures.wait(futures).not_done) > 0


def death_shares_error(make):
    """futures that are lost together hold one error object (PROC-013)"""
    executor = make(1)
    # Those are not done by then, also where there are more workers than were asked for.
    futures = [executor.submit(die_late)] + [executor.submit(time.sleep, 4) for _ in range(3)]
    errors = [future.exception() for future in futures]
    return errors[0] is not None and any(error is errors[0] for error in errors[1:])


def death_is_repeated(make):
    """a task whose worker died is not lost, but run again by the next worker, and ends that, too (PROC-009)"""
    path = os.path.join(tempfile.mkdtemp(), "runs")
    executor = make(2)
    concurrent.futures.wait([executor.submit(count_and_die, path)], timeout=10)
    return os.path.getsize(path) > 1


def death_cancelled_strands(make):
    """of the tasks behind one whose worker died, those behind a cancelled one are never done (PROC-011)"""
    executor = make(1)
    dying = executor.submit(die_late)
    time.sleep(1)
    futures = [executor.submit(number, place) for place in range(3)]
    if not futures[1].cancel():
        raise RuntimeError("it cannot be cancelled")
    return len(concurrent.futures.wait([dying, futures[0], futures[2]], timeout=15).not_done) > 0


def death_at_shutdown_strands(make):
    """a task whose worker dies while a waiting shutdown goes on is never done (SHUT-014, PROG-005)"""
    executor = make(1)
    dying = executor.submit(die_late)
    time.sleep(1)
    executor.shutdown()
    return len(concurrent.futures.wait([dying], timeout=10).not_done) > 0


def death_callback_shuts_down(make):
    """a callback that shuts down after its worker died does not return, or leaves futures that are never done (CALL-036)"""
    executor, returned = make(1), []
    futures = [executor.submit(die_late)] + [executor.submit(number, place) for place in range(3)]

    def stop(_):
        executor.shutdown(wait=False)
        returned.append(True)

    futures[0].add_done_callback(stop)
    futures[1].add_done_callback(stop)
    not_done = concurrent.futures.wait(futures, timeout=15).not_done
    time.sleep(1)
    return len(not_done) > 0 or len(returned) < 2


def quiet_death_strands(make):
    """a task whose worker left with exit code 0, or one behind it, is never done (PROC-009)"""
    executor = make(2)
    running = busy(executor)
    futures = [running, executor.submit(leave)] + [executor.submit(number, place) for place in range(4)]
    concurrent.futures.wait(futures)
    return False


def idle_death_costs_a_task(make):
    """a task that comes soon after an idle worker was killed is lost with it (PROC-010)"""
    # It depends on who notices first.
    for turn in range(24):
        executor = make(2)
        os.kill(in_a_process(executor).submit(where).result(), 9)
        time.sleep((0, 0.01, 0.05)[turn % 3])
        if any(future.exception() for future in [executor.submit(where) for _ in range(2)]):
            return True
    return False


def idle_miscounted(make):
    """after a short task as many tasks as workers do not meet: a busy worker counts as idle (WORK-002, WORK-033)"""
    # It depends on how far a worker has come with the short task: each round tries another moment.
    sys.setswitchinterval(1e-6)
    end, turn = time.monotonic() + 25, 0
    while time.monotonic() < end:
        executor, barrier, turn = make(4), threading.Barrier(4), turn + 1
        executor.submit(number, 1)
        for _ in range(turn % 300):
            pass
        futures = [executor.submit(barrier.wait) for _ in range(4)]
        if concurrent.futures.wait(futures, timeout=4).not_done:
            return True
        executor.shutdown()
    return False


def workers_eager(make):
    """workers are started before there is a task (WORK-005)"""
    before = threading.active_count()
    kept = make(2)
    time.sleep(1)
    return kept is not None and threading.active_count() > before
