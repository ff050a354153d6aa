"""A pool of CPython's, round by round: reads what to measure, writes nanoseconds."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter_ns as now


def echo(content):
    return content


def double(number):
    return number * 2


def main():
    kind, workers = sys.argv[1], int(sys.argv[2])
    if kind == "executor":
        pool = ProcessPoolExecutor(workers)
        one = lambda content: pool.submit(echo, content).result()
        many = lambda count, chunk: pool.map(double, range(count), chunksize=chunk)
    else:
        pool = multiprocessing.Pool(workers)
        one = lambda content: pool.apply(echo, (content,))
        many = lambda count, chunk: pool.map(double, range(count), chunksize=chunk)
    for line in sys.stdin:
        what, first, second = line.split()
        took = []
        if what == "trips":
            content = bytes(int(first))
            for _ in range(int(second)):
                start = now()
                assert one(content) == content
                took.append(now() - start)
        else:
            start = now()
            results = list(many(int(second), int(first)))
            took.append(now() - start)
            assert results == [2 * number for number in range(int(second))]
        print(*took, flush=True)
    # Whoever closes the standard input wants nothing more.
    pool.shutdown() if kind == "executor" else pool.terminate()


main()
