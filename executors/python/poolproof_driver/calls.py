"""The calls of the protocol, one method each. What a call raises becomes its fault."""

import gc
import sys

from . import PROTOCOL, outcome, probe, table, values
from .factory import Factory
from .opened import Opened
from .outcome import Fault

# Where objects are not released as soon as nobody refers to them, a drop collects the garbage.
_COUNTS_REFERENCES = sys.implementation.name == "cpython"


# What each call offers. What is not declared is not called either: an executor may have the method and
# mean something else by it, and a proxy may have whatever its future has.
_OFFERS = {
    "cancel": "cancel",
    "on_done": "callback",
    "await": "async",
    "wait": "wait",
    "as_completed": "as-completed",
    "map": "map",
}


class Calls(object):
    """Everything that the host holds handles of."""

    def __init__(self):
        self.factory = None
        self.offered = None
        self.held = {}

    def answer(self, request):
        """The answer to a request, ready to be sent."""
        try:
            method = getattr(self, "call_" + request["call"], None)
            if method is None:
                raise Fault({"driver": "there is no call `%s` in version %d" % (request["call"], PROTOCOL)})
            needed = _OFFERS.get(request["call"])
            if needed is not None and self.offered is not None and needed not in self.offered:
                raise outcome.unsupported()
            return {"id": request["id"], "ok": method(request)}
        except Fault as fault:
            return {"id": request["id"], "fault": fault.wire}
        except BaseException as error:
            return {"id": request["id"], "fault": {"raised": outcome.raised(error)}}

    def _get(self, handle):
        try:
            return self.held[handle]
        except KeyError:
            raise Fault({"driver": "the handle %s is not held" % handle}) from None

    def call_hello(self, request):
        if request["protocol"] != PROTOCOL:
            raise Fault({"setup": "this driver speaks version %d of the protocol only" % PROTOCOL})
        self.factory = Factory(request["subject"], request["options"])
        hello = request.get("known") or self.factory.hello()
        self.offered = hello["profile"]["support"]
        return dict(hello, protocol=PROTOCOL)

    def call_open(self, request):
        executor = self.factory.open(request["workers"], request["initialiser"], request["max_tasks_per_worker"])
        opened = Opened(self.factory, executor)
        self.held[request["executor"]] = opened
        table.add(request["house"], request["number"], request["executor"], opened)

    def call_submit(self, request):
        self.held[request["future"]] = self._get(request["executor"]).submit(request["probe"])

    def call_result(self, request):
        return outcome.result(self._get(request["future"]), _seconds(request), values.encode)

    def call_exception(self, request):
        return outcome.exception(self._get(request["future"]), _seconds(request))

    def call_state(self, request):
        return outcome.state(self._get(request["future"]))

    def call_cancel(self, request):
        return bool(self._get(request["future"]).cancel())

    def call_on_done(self, request):
        self._get(request["future"]).add_done_callback(probe.Callback(request["probe"]))

    def call_await(self, request):
        return outcome.awaited(self._get(request["future"]), values.encode)

    def call_wait(self, request):
        handles = request["futures"]
        futures = [self._get(handle) for handle in handles]
        try:
            done, not_done = self.factory.wait(futures, timeout=_seconds(request), return_when=request["when"])
            positions = {"done": [], "not_done": []}
            seen = set()
            for position, future in enumerate(futures):
                if id(future) in seen:
                    continue
                seen.add(id(future))
                if future in done:
                    positions["done"].append(position)
                if future in not_done:
                    positions["not_done"].append(position)
            return positions
        except AttributeError:
            raise self._not_combinable(futures) from None
        finally:
            future = futures = done = not_done = None

    def call_as_completed(self, request):
        handles = request["futures"]
        futures = [self._get(handle) for handle in handles]
        positions = {}
        for position, future in enumerate(futures):
            positions.setdefault(id(future), position)
        try:
            iterator = iter(self.factory.as_completed(futures, timeout=_seconds(request)))
        finally:
            future = futures = None
        self.held[request["completed"]] = _Completed(iterator, positions, handles)

    def call_completed_next(self, request):
        completed = self._get(request["completed"])
        future = None
        try:
            future = next(completed.iterator)
            return completed.position(future, self.held)
        except StopIteration:
            return None
        except AttributeError:
            raise self._not_combinable([self.held.get(handle) for handle in completed.handles]) from None
        except BaseException as error:
            if outcome.is_timeout(error):
                raise outcome.timed_out() from None
            raise
        finally:
            future = None

    def _not_combinable(self, futures):
        """The fault of futures that `concurrent.futures` cannot combine and nobody else does."""
        if any(future is not None and not hasattr(future, "_condition") for future in futures):
            return outcome.unsupported()
        return Fault({"raised": {"kind": "AttributeError", "message": "the futures cannot be combined"}})

    def call_map(self, request):
        options = request["options"]
        results = self._get(request["executor"]).map(request["input"], options)
        self.held[request["map"]] = _Mapped(results, options["timeout_us"] is not None)

    def call_map_next(self, request):
        return self._get(request["map"]).next()

    def call_shutdown(self, request):
        self._get(request["executor"]).shutdown(request["wait"], request["cancel_futures"])

    def call_drop(self, request):
        table.remove(request["handle"])
        self.held.pop(request["handle"], None)
        if not _COUNTS_REFERENCES:
            gc.collect()

    def call_round(self, request):
        # Each check starts this program anew, and few make one of these calls: who does pays for the import.
        from . import rounds

        return rounds.run(self._get(request["executor"]).executor, request["spec"])

    def call_complete(self, request):
        self._get(request["future"]).set_result(values.decode(request["value"]))

    def call_error_weight(self, request):
        return outcome.error_weight(self._get(request["future"]))

    def call_exhaust(self, request):
        # As above.
        from . import exhaustion

        exhaustion.exhaust(request["exhausted"])

    def call_submit_interrupted(self, request):
        # As above.
        from . import interruption

        interruption.submit(self._get(request["executor"]).executor, request["times"])

    def call_end_program(self, request):
        return None

    def call_bye(self, request):
        return None


def _seconds(request):
    limit = request["timeout_us"]
    return None if limit is None else limit / 1e6


class _Mapped(object):
    """The iterator of a map, and whether it has a time limit."""

    def __init__(self, results, limited):
        self.results = iter(results)
        self.limited = limited

    def next(self):
        try:
            value = next(self.results)
        except StopIteration:
            return None
        except BaseException as error:
            return outcome.of_map(error, self.limited)
        try:
            return {"Ok": values.encode(value)}
        except Exception as error:
            return {"Err": outcome.failure(error)}


class _Completed(object):
    """An iterator of `as_completed`, and where each future first stood in its input.

    Futures are known by identity, not held: one that was yielded may be released. Proxies that
    come back as another object are found among those that the host still holds.
    """

    def __init__(self, iterator, positions, handles):
        self.iterator = iterator
        self.positions = positions
        self.handles = handles

    def position(self, future, held):
        known = self.positions.pop(id(future), None)
        if known is not None:
            return known
        for position, handle in enumerate(self.handles):
            if held.get(handle) == future:
                return position
        raise Fault({"raised": {"kind": "UnknownFuture", "message": "as_completed yielded what it was not given"}})
