"""A callback lives as long as its future, although it is never called again."""
import concurrent.futures
import threading
import weakref


class Callback(object):
    def __call__(self, future):
        called.set()


called = threading.Event()
gate = threading.Event()
executor = concurrent.futures.ThreadPoolExecutor(1)
future = executor.submit(gate.wait)
callback = Callback()
alive = weakref.ref(callback)
future.add_done_callback(callback)
del callback
gate.set()
called.wait()
executor.shutdown()
print("defect: the callback is kept with the future" if alive() else "sound: the callback was released")
