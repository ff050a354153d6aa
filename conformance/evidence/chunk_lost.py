"""An item that fails takes the results before it in its chunk along (process pools).
"""

import concurrent.futures as cf


def invert(divisor):
    return 6 // divisor


def main():
    with cf.ProcessPoolExecutor(1) as pool:
        results = pool.map(invert, [2, 0, 3, 5], chunksize=3)
        try:
            print("sound: the first result is", next(results))
        except ZeroDivisionError:
            print("defect: the first result raised ZeroDivisionError, which is the second's")


if __name__ == "__main__":
    main()
