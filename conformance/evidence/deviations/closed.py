"""Submits beside a shutdown, and after it."""

import concurrent.futures
import threading
import time

from .tasks import busy, number


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
