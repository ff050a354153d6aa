"""A process pool's map reserves memory for a full chunk, however few items there are (3.13).

Two items in one chunk of sys.maxsize items: up to 3.12 the results arrive, 3.13 raises MemoryError.
"""

import concurrent.futures as cf
import sys


def main():
    with cf.ProcessPoolExecutor(1) as pool:
        try:
            print("sound: results", list(pool.map(abs, [-1, -2], chunksize=sys.maxsize)))
        except MemoryError as error:
            print("defect: map raised", repr(error))


if __name__ == "__main__":
    main()
