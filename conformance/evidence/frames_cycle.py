"""A failure and the frames it came through refer to each other in a circle, which only the collector frees (3.6 and 3.7)."""

import concurrent.futures as cf
import gc
import weakref


class Large(object):
    pass


def fail(large):
    raise ValueError("the task fails")


def read(pool):
    large = Large()
    alive = weakref.ref(large)
    try:
        # No variable of this frame, which the traceback refers to, refers to the future.
        pool.submit(fail, large).result()
    except ValueError:
        pass
    return alive


def main():
    gc.disable()
    pool = cf.ThreadPoolExecutor(1)
    alive = read(pool)
    # Every thread that saw the failure has ended, and the future is gone.
    pool.shutdown()
    del pool
    print("defect: the argument of the failed task is still alive" if alive() else "sound: it was released")


if __name__ == "__main__":
    main()
