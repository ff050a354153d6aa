"""A task, or a result, that arrives and cannot be rebuilt breaks the whole process pool, not only its own future."""

import concurrent.futures as cf


def refuse():
    raise ValueError("cannot be rebuilt")


class Brittle:
    def __reduce__(self):
        return (refuse, ())


def make():
    return Brittle()


def main():
    for what, call in (("task", (id, Brittle())), ("result", (make,))):
        pool = cf.ProcessPoolExecutor(1)
        bad = pool.submit(*call)
        print("%-6s its own future: %s" % (what, type(bad.exception(10)).__name__), end="; ")
        try:
            print("the next task:", pool.submit(int).result(10))
        except cf.BrokenExecutor as error:
            print("the next task:", type(error).__name__)
        pool.shutdown()


if __name__ == "__main__":
    main()
