"""A future that is done can be completed again, and a cancelled one too (3.6 and 3.7).
"""

import concurrent.futures


def main():
    future = concurrent.futures.Future()
    called = []
    future.add_done_callback(lambda future: called.append(future.result()))
    future.set_result("first")
    try:
        future.set_result("second")
        print("defect: the result is %r, and the callback was called with %s" % (future.result(), called))
    except Exception as error:
        print("sound: refused with", type(error).__name__)


if __name__ == "__main__":
    main()
