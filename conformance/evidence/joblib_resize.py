"""The shared processes of joblib are asked for in another number right after one of them was killed.

    python joblib_resize.py

`Parallel` does so whenever its `n_jobs` differs from that of the one before. The call waits until every process that
it saw is alive, among them the dead one: it never returns, although the pool is found to be broken meanwhile.
"""
import os
import threading
import time
import warnings

from joblib.externals.loky import get_reusable_executor

warnings.simplefilter("ignore")


def where():
    return os.getpid()


def main():
    # It depends on who notices first.
    begin, turn, size = time.monotonic(), 0, 2
    while time.monotonic() - begin < 60:
        turn, size = turn + 1, 5 - size
        try:
            worker = get_reusable_executor(size, kill_workers=True).submit(where).result()
        except Exception:
            # The one before is still being given up.
            continue
        os.kill(worker, 9)
        time.sleep((0, 0.002, 0.01)[turn % 3])
        call = threading.Thread(target=get_reusable_executor, args=(5 - size,), daemon=True)
        call.start()
        call.join(10)
        if call.is_alive():
            return "defect"
    return "sound"


if __name__ == "__main__":
    print(main(), flush=True)
    os._exit(0)
