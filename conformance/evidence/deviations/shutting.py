"""Shutdown."""

import concurrent.futures
import os
import threading
import time

from .tasks import StubbornResult, busy, in_a_process, number, where


def closed_error(make):
    """submit after shutdown raises no RuntimeError (SUB-009)"""
    executor = make(1)
    executor.shutdown()
    try:
        executor.submit(number, 1)
    except RuntimeError:
        return False
    except Exception:
        return True
    return True


def closed_submit_blocks(make):
    """submit after shutdown waits for a busy worker instead of being refused (SUB-010)"""
    executor = make(1)
    busy(executor)
    executor.shutdown(wait=False)
    start = time.monotonic()
    try:
        executor.submit(number, 1)
    except RuntimeError:
        pass
    return time.monotonic() - start > 1.5


def refused_submits_hang(make):
    """after some submits that were refused the next one never returns (PROG-004)"""
    executor = make(2)
    executor.shutdown()
    for _ in range(4):
        try:
            executor.submit(number, 1)
        except RuntimeError:
            pass
    return False


def unserialisable_shutdown_hangs(make):
    """shutdown(wait=True) behind a task that cannot be pickled never returns (SHUT-012)"""
    # It depends on when the thread that pickles comes to it.
    end = time.monotonic() + 20
    while time.monotonic() < end:
        executor = make(1)
        for _ in range(3):
            concurrent.futures.wait([executor.submit(number, StubbornResult())])
        executor.submit(number, StubbornResult())
        stop = threading.Thread(target=executor.shutdown, daemon=True)
        stop.start()
        stop.join(8)
        if stop.is_alive():
            return True
    return False


def shutdown_blocks(make):
    """shutdown(wait=False) waits for the running task (SHUT-003)"""
    executor = make(1)
    busy(executor)
    start = time.monotonic()
    executor.shutdown(wait=False)
    return time.monotonic() - start > 1.5


def shutdown_blocks_behind_queue(make):
    """shutdown(wait=False) waits for a worker for the tasks that are queued (SHUT-003, SHUT-007, SHUT-008)"""
    executor = make(1)
    busy(executor)
    queued = [executor.submit(number, place) for place in range(3)]
    start = time.monotonic()
    executor.shutdown(wait=False)
    return time.monotonic() - start > 1.5 and any(future.done() for future in queued)


def shutdown_cancelling_blocks(make):
    """shutdown(wait=False, cancel_futures=True) waits for a worker for the tasks that are queued (MEM-034)"""
    executor = make(1)
    busy(executor)
    # They are what is cancelled, but for one that somebody has taken out of the queue by then.
    queued = [executor.submit(number, place) for place in range(9)]
    time.sleep(0.5)
    start = time.monotonic()
    executor.shutdown(wait=False, cancel_futures=True)
    return time.monotonic() - start > 1.5 and len(queued) == 9


def shutdown_drops_running(make):
    """shutdown(wait=False) cancels what runs (SHUT-003, SHUT-004)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=False)
    try:
        future.result()
        return False
    except concurrent.futures.CancelledError:
        return True


def shutdown_cancels_accepted(make):
    """a task that was accepted beside shutdown(wait=False) is cancelled, and nobody asked for that (PROG-005)"""
    # It depends on who comes when.
    for turn in range(40):
        executor, accepted = make(1), []

        def submit():
            try:
                for place in range(2):
                    accepted.append(executor.submit(number, place))
            except Exception:
                # Refused: that is what a shutdown does.
                pass

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for thread in threads:
            thread.start()
        executor.shutdown(wait=False)
        for thread in threads:
            thread.join()
        concurrent.futures.wait(accepted, timeout=10)
        if any(future.cancelled() for future in accepted):
            return True
    return False


def submits_beside_shutdown_hang(make):
    """shutdown(wait=False) beside submits never returns (PROG-004, PROG-005)"""
    # It depends on who comes when.
    for turn in range(8):
        executor, together = make(1), threading.Barrier(3)

        def submit():
            together.wait()
            try:
                executor.submit(number, 1)
                executor.submit(number, 2)
            except Exception:
                # Refused: that is what a shutdown does.
                pass

        def stop():
            together.wait()
            time.sleep(turn * 0.0003)
            executor.shutdown(wait=False)

        threads = [threading.Thread(target=target, daemon=True) for target in (submit, submit, stop)]
        for thread in threads:
            thread.start()
        threads[-1].join(12)
        if threads[-1].is_alive():
            return True
    return False


def shutdown_early(make):
    """shutdown(wait=True) returns before the running task is done (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=True)
    return not future.done()


def second_shutdown_early(make):
    """shutdown(wait=True) after shutdown(wait=False) does not wait (SHUT-004)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=False)
    executor.shutdown(wait=True)
    return not future.done()


def shutdown_together_early(make):
    """of two threads in shutdown(wait=True) the second does not wait (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    threading.Thread(target=executor.shutdown, daemon=True).start()
    time.sleep(0.5)
    executor.shutdown(wait=True)
    return not future.done()


def shutdown_together_hangs(make):
    """one of two threads in shutdown(wait=True) never returns (SHUT-001)"""
    executor = make(1)
    future = busy(executor)
    threads = [threading.Thread(target=executor.shutdown, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    future.result()
    # Twenty times as long as the task that they wait for needed after this.
    for thread in threads:
        thread.join(10)
    return any(thread.is_alive() for thread in threads)


def shutdown_together_fails(make):
    """shutdown(wait=True) of several threads at once raises (SHUT-001)"""
    failed = []

    def stop(executor):
        try:
            executor.shutdown(wait=True)
        except Exception as error:
            failed.append(error)

    # It depends on who comes when.
    for _ in range(10):
        executor = make(2)
        executor.submit(number, 1).result()
        threads = [threading.Thread(target=stop, args=(executor,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return bool(failed)


def shutdown_cancels_running(make):
    """shutdown(wait=False, cancel_futures=True) ends the running task (SHUT-006)"""
    executor = make(1)
    future = busy(executor)
    executor.shutdown(wait=False, cancel_futures=True)
    try:
        future.result()
        return False
    except concurrent.futures.CancelledError:
        return True


def cancels_nothing(make):
    """shutdown(wait=False, cancel_futures=True) cancels no task that is queued (SHUT-007, SHUT-008)"""
    executor = make(1)
    busy(executor)
    queued = [executor.submit(number, place) for place in range(9)]
    time.sleep(1)
    executor.shutdown(wait=False, cancel_futures=True)
    # The standard library does it in another thread.
    time.sleep(1)
    return not any(future.cancelled() for future in queued)


def cancel_forgotten(make):
    """shutdown(cancel_futures=True) after shutdown(wait=False) cancels nothing (SHUT-007)"""
    executor = make(1)
    busy(executor)
    queued = [executor.submit(number, place) for place in range(8)]
    executor.shutdown(wait=False)
    executor.shutdown(wait=True, cancel_futures=True)
    return not queued[-1].cancelled()


def callback_shutdown_hangs(make):
    """shutdown(wait=True) in a callback never returns (SHUT-032)"""
    executor = make(1)
    returned = threading.Event()

    def stop(future):
        try:
            executor.shutdown(wait=True)
        finally:
            returned.set()

    executor.submit(time.sleep, 1).add_done_callback(stop)
    returned.wait()
    return False


def task_shutdown_hangs(make):
    """shutdown(wait=True) in a task, on threads, never returns (SHUT-010)"""
    executor = make(1)
    executor.submit(lambda: executor.shutdown(wait=True)).exception()
    return False


def _cancelled_with(executor, act):
    """Whether a shutdown that cancels returns, when `act` is a callback of one of the queued tasks."""
    busy(executor)
    futures = [executor.submit(number, place) for place in range(8)]
    futures[6].add_done_callback(act)
    stop = threading.Thread(target=lambda: executor.shutdown(wait=False, cancel_futures=True))
    stop.daemon = True
    stop.start()
    stop.join(15)
    return not stop.is_alive()


def cancelling_callback_submits(make):
    """shutdown(cancel_futures=True) hangs if a callback submits, or the submit is accepted (CALL-012)"""
    executor, accepted = make(1), []

    def again(_):
        try:
            accepted.append(executor.submit(number, 9))
        except Exception:
            # Refused, as it should be.
            pass

    return not _cancelled_with(executor, again) or bool(accepted)


def cancelling_callback_shuts_down(make):
    """shutdown(cancel_futures=True) hangs if a callback shuts the executor down (CALL-035)"""
    executor = make(1)
    return not _cancelled_with(executor, lambda _: executor.shutdown(wait=False))


def threads_left(make):
    """each executor that was shut down leaves threads behind (SHUT-016)"""
    counts = []
    for _ in range(3):
        executor = make(2)
        executor.submit(number, 1).result()
        executor.shutdown()
        time.sleep(0.5)
        counts.append(len(os.listdir("/proc/self/task")))
    return counts == sorted(set(counts))


def worker_outlives_shutdown(make):
    """a worker process is there when a waiting shutdown has returned (PROC-033)"""
    for _ in range(5):
        executor = make(1)
        worker = in_a_process(executor).submit(where).result()
        executor.shutdown(wait=True)
        try:
            os.kill(worker, 0)
            return True
        except OSError:
            pass
    return False
