"""The error of a callback that is registered on a done future is raised into the caller (3.6).
"""

import concurrent.futures


def fail(_):
    raise ValueError("the callback fails")


def main():
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(int)
        future.result()
        try:
            future.add_done_callback(fail)
            print("sound: logged and ignored")
        except ValueError:
            print("defect: add_done_callback raised it")


if __name__ == "__main__":
    main()
