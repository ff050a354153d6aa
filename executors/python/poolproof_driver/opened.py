"""An open executor: the calls that the check makes on it, and those of its own tasks."""

from . import outcome, probe
from .profile import parameters
from .gates import Witness


class Opened(object):
    """One executor and what is known of its calls."""

    def __init__(self, factory, executor):
        self.factory = factory
        self.executor = executor
        self.was_shut_down = False

    def submit(self, wanted):
        """Submits a probe and returns the executor's own future."""
        task = probe.task(wanted)
        try:
            return self.executor.submit(probe.run, task)
        except BaseException as error:
            raise outcome.refusal(error, self.was_shut_down) from None
        finally:
            task = None

    def map(self, source, options):
        """Maps over the input of a check."""
        keywords = {name: options[name] for name in ("chunksize", "buffersize") if options[name] is not None}
        if "buffersize" in keywords and "buffersize" not in parameters(self.executor.map):
            raise outcome.unsupported()
        if options["timeout_us"] is not None:
            keywords["timeout"] = options["timeout_us"] / 1e6
        try:
            return self.executor.map(probe.run, _items(source), **keywords)
        except RuntimeError as error:
            fault = outcome.refusal(error, self.was_shut_down)
            if isinstance(fault.wire["refused"], dict) and "other" in fault.wire["refused"]:
                raise
            raise fault from None

    def shutdown(self, wait, cancel_futures):
        """Shuts it down."""
        keywords = {}
        if cancel_futures:
            # Who takes any keyword may ignore this one, and is not declared to know it.
            if "cancel_futures" not in parameters(self.executor.shutdown):
                raise outcome.unsupported()
            keywords["cancel_futures"] = True
        self.was_shut_down = True
        self.executor.shutdown(wait=wait, **keywords)


def _items(source):
    """The input of a map: notes each read, and fails where it is told to."""
    witness = Witness(source["house"], "input")
    try:
        for index, wanted in enumerate(source["probes"]):
            witness.note({"pulled": index})
            if index == source["fails_at"]:
                raise probe.ProbeError("the input of the map fails at item %d, on purpose" % index)
            yield probe.task(wanted)
    finally:
        witness.close()
