"""A failure and the frames it came through refer to each other in a circle, which only the collector frees (3.6 and 3.7).
"""

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
    future = pool.submit(fail, large)
    del large
    try:
        future.result()
    except ValueError:
        pass
    return alive


def main():
    gc.disable()
    with cf.ThreadPoolExecutor(1) as pool:
        alive = read(pool)
        # The worker has let go of the task when it has run another one.
        pool.submit(int).result()
    print("defect: the argument of the failed task is still alive" if alive() else "sound: it was released")


if __name__ == "__main__":
    main()
