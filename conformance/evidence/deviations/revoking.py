"""What a shutdown cancels."""

import concurrent.futures
import threading
import time

from .tasks import busy, number


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
    """shutdown(wait=False, cancel_futures=True) cancels no task that is queued (SHUT-006, SHUT-007, SHUT-008)"""
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
