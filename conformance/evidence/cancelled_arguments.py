"""What a cancelled task carries lives until a worker takes the task out of the queue."""
import concurrent.futures
import threading
import weakref


class Argument(object):
    pass


gate = threading.Event()
started = threading.Event()
executor = concurrent.futures.ThreadPoolExecutor(1)
executor.submit(lambda: (started.set(), gate.wait()))
started.wait()
argument = Argument()
alive = weakref.ref(argument)
future = executor.submit(id, argument)
del argument
print("cancelled: %s" % future.cancel())
print("defect: its argument is still alive" if alive() else "sound: its argument was released")
gate.set()
