"""wait() never returns when a future that is done is named twice (3.6 to 3.8).
"""

import concurrent.futures as cf
import os
import sys
import threading


def main():
    with cf.ThreadPoolExecutor(1) as pool:
        future = pool.submit(int)
        future.result()
    call = threading.Thread(target=cf.wait, args=([future, future],))
    call.daemon = True
    call.start()
    call.join(3)
    print("defect: it has not returned after 3 s" if call.is_alive() else "sound: it returned")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
