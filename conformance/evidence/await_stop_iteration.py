"""Awaiting a task that raises StopIteration never ends (before 3.13).

Usage: python await_stop_iteration.py thread|process
"""
import asyncio
import concurrent.futures
import os
import sys


def stop():
    raise StopIteration


async def main():
    executors = {"thread": "ThreadPoolExecutor", "process": "ProcessPoolExecutor"}
    executor = getattr(concurrent.futures, executors[sys.argv[1]])(1)
    loop = asyncio.get_event_loop()
    # What is reported to the loop's handler is the failure to pass the error on.
    loop.set_exception_handler(lambda loop, context: None)
    future = loop.run_in_executor(executor, stop)
    _, pending = await asyncio.wait([future], timeout=2)
    print("defect: still waiting after 2 s" if pending else "sound: %r" % future.exception())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.new_event_loop().run_until_complete(main())
