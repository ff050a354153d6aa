"""A process pool's map reserves memory for a full chunk, however few items there are.

Two items in one chunk of sys.maxsize items: up to 3.12 the results arrive, 3.13 raises MemoryError.
"""

import concurrent.futures
import sys


def main():
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        try:
            print("results:", list(pool.map(abs, [-1, -2], chunksize=sys.maxsize)))
        except MemoryError as error:
            print("BROKEN: map raised", repr(error))


if __name__ == "__main__":
    main()
