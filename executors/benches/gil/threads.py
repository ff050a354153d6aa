"""CPython's threads, round by round: reads what to measure, writes nanoseconds."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter_ns as now


def spin(turns):
    while turns:
        turns -= 1


def turns_for(seconds):
    """The fastest of several runs: noise only ever makes it slower."""
    best = 0.0
    for _ in range(15):
        start = time.perf_counter()
        spin(50_000)
        best = max(best, 50_000 / (time.perf_counter() - start))
    return int(best * seconds)


def main():
    turns = turns_for(0.002)
    sleep = lambda: time.sleep(0.005)

    def mixed():
        spin(turns)
        time.sleep(0.002)

    tasks = {"cpu": lambda: spin(turns), "io": sleep, "mixed": mixed}
    for line in sys.stdin:
        what, workers, count = line.split()
        took = []
        with ThreadPoolExecutor(int(workers)) as pool:
            if what == "beside":
                # A sleep may take two switch intervals: the one that submitted wants the interpreter, too.
                busy = pool.submit(spin, turns * 12 * int(count))
                for _ in range(int(count)):
                    start = now()
                    pool.submit(time.sleep, 0.001).result()
                    took.append(now() - start)
                if busy.done():
                    took = [0]
            else:
                start = now()
                for future in [pool.submit(tasks[what]) for _ in range(int(count))]:
                    future.result()
                took.append(now() - start)
        print(*took, flush=True)


main()
