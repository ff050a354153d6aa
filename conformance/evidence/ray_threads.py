"""Each ray that is shut down leaves two threads in the program that started it.

    python ray_threads.py
    python ray_threads.py quiet

They are called `client.poll0`. With `quiet` ray starts without the server of its dashboard, and leaves none: they are those
of the client that waits for the address of that, and `include_dashboard=False` starts, and waits for, a server all the same.
"""
import os
import sys
import time

import ray


def threads():
    return len(os.listdir("/proc/self/task"))


def main():
    if sys.argv[1:] == ["quiet"]:
        ray._private.node.Node.start_api_server = lambda *_, **__: None
    counts = []
    for _ in range(5):
        ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error")
        ray.shutdown()
        # Longer than a thread that was told to end takes for it.
        time.sleep(1)
        counts.append(threads())
    # What libraries start once is there after the first two.
    print("%s: threads after each shutdown: %s" % ("defect" if counts[4] > counts[3] > counts[2] else "sound", counts))


if __name__ == "__main__":
    main()
