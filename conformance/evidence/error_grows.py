"""Every read of a failed result makes the traceback of the stored error longer.
"""

import concurrent.futures as cf


def fail():
    raise ValueError("the task fails")


def frames(error):
    traceback, count = error.__traceback__, 0
    while traceback is not None:
        traceback, count = traceback.tb_next, count + 1
    return count


def main():
    with cf.ThreadPoolExecutor(1) as pool:
        future = pool.submit(fail)
        found = []
        for _ in range(4):
            try:
                future.result()
            except ValueError:
                found.append(frames(future.exception()))
    print("%s: frames after each read: %s" % ("defect" if found[-1] > found[0] else "sound", found))


if __name__ == "__main__":
    main()
