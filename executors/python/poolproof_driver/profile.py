"""The profile that a subject is taken to declare: no more than its signatures, its module and the
first of its futures show. What is not there is unsupported, not promised on its behalf."""

import concurrent.futures
import inspect


def parameters(function):
    """The names of a function's parameters; `**` if it takes any keyword."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {"**" if parameter.kind is parameter.VAR_KEYWORD else parameter.name for parameter in found}


def profile_of(factory):
    """The profile of the executors of a factory."""
    kind = factory.kind()
    apart = kind not in ("thread", "inline")
    has = _futures(factory) + _executors(factory, apart)
    has += ["isolation", "worker-loss"] if apart else ["nested"]
    has = [capability for capability in has if capability not in factory.facts.get("without", ())]
    # What only the documentation of an executor can say is known of the standard library; of others it
    # is known if somebody wrote it down.
    standard = factory.module_name == "concurrent.futures"
    profile = {
        "kind": kind,
        "support": {capability: "native" for capability in has},
        "drop_executor": "detaches",
        "drop_future": "detaches",
        "cancel": "acknowledged" if "cancel" in has else "never",
        "nested": "unreachable" if apart else "deadlocks",
        "start_order": "fifo",
        "queue": "unbounded",
        "worker_loss": "pool-broken" if apart else "fatal",
    }
    if standard and apart and factory.options.get("start") in ("spawn", "forkserver"):
        # Forked workers all start with the first task, by design.
        profile["worker_start"] = "as-needed"
    if not standard:
        unsaid = ["drop_executor", "drop_future", "start_order", "queue"]
        unsaid += ["cancel"] if "cancel" in has else []
        unsaid += ["worker_loss"] if apart else ["nested"]
        profile.update((key, "undeclared") for key in unsaid)
        profile["worker_limit"] = None
    profile.update((key, value) for key, value in factory.facts.items() if key in profile or key in ("worker_limit", "worker_start"))
    return profile


def _futures(factory):
    """What can be done with futures."""
    if factory.facts.get("standard_futures") or issubclass(factory.executor_class(), concurrent.futures.Executor):
        # Whoever claims to be an executor of the standard library promises its futures, and with them
        # that asyncio takes both.
        return ["submit", "concurrency", "timeout", "cancel", "callback", "exceptions", "wait", "as-completed", "async"]
    seen = factory.observed()
    has = ["submit", "concurrency"]
    if seen.takes_limit:
        has.append("timeout")
    has += [
        capability
        for capability, method in (("cancel", "cancel"), ("callback", "add_done_callback"), ("exceptions", "exception"))
        if seen.offers(method)
    ]
    for capability, function in (("wait", "wait"), ("as-completed", "as_completed")):
        if seen.is_standard or hasattr(factory.module, function):
            has.append(capability)
    if seen.is_standard:
        has.append("async")
    return has


def _executors(factory, apart):
    """What can be done with executors."""
    cls = factory.executor_class()
    has = []
    if callable(getattr(cls, "map", None)):
        has.append("map")
        taken = parameters(cls.map)
        if apart and "chunksize" in taken:
            has.append("chunksize")
        if "buffersize" in taken:
            has.append("buffersize")
    if callable(getattr(cls, "shutdown", None)):
        has.append("shutdown")
        if "cancel_futures" in parameters(cls.shutdown):
            has.append("cancel-futures")
    if factory.accepts("initializer"):
        has.append("initialiser")
    if factory.module_name == "concurrent.futures":
        has += ["exit", "completion", "exhaustion", "interruption"]
    return has
