"""Where executors of Python packages differ from what concurrent.futures documents, in plain Python.

    python package_deviations.py MODULE:FACTORY [NAME...]
    python package_deviations.py --ledger [MODULE:FACTORY...]

makes each deviation happen to the executor that FACTORY(max_workers=2 or 1) gives, each in a process of
its own, and prints `defect`, `sound`, or why it cannot be told. A process that has not ended after
LIMIT seconds hangs: that is a defect where the deviation is one of never returning.

With --ledger the names are those by which `ledger.toml` shows what it says of a package, of all of them or
of these; it ends with 1 if one of them does not show. What a package shares with the standard library in
versions of Python alone that this one is none of (`versions` there) is named, and not tried.
"""
import importlib
import os
import re
import subprocess
import sys
import tempfile

from deviations import cancelling, closed, futures, memory, revoking, shutting, workers

LIMIT = 30

# A hang is the defect where the promise is that something returns.
HANGS = {
    futures.system_exit,
    futures.builtin_hangs,
    cancelling.cancelled_wait_hangs,
    cancelling.cancelled_shutdown_hangs,
    cancelling.cancelled_quick_shutdown_hangs,
    cancelling.cancelled_alone_shutdown_hangs,
    cancelling.map_limit_then_shutdown_hangs,
    cancelling.map_limit_alone_then_shutdown_hangs,
    closed.refused_submits_hang,
    shutting.shutdown_blocks,
    shutting.callback_shutdown_hangs,
    shutting.task_shutdown_hangs,
    workers.death_strands,
    workers.quiet_death_strands,
    workers.initializer_hangs,
    workers.result_unpicklable_hangs,
    workers.result_brittle_hangs,
}
# Each says in its first line what happens, and which requirement that breaks.
DEVIATIONS = {
    name: one
    for area in (futures, cancelling, closed, shutting, revoking, memory, workers)
    for name, one in vars(area).items()
    if callable(one) and (one.__doc__ or "").endswith(")")
}


def one(factory, deviation):
    """Makes one deviation happen, in this process."""
    module, _, name = factory.partition(":")
    factory = importlib.import_module(module)
    for part in name.split("."):
        factory = getattr(factory, part)
    # An executor that nobody holds may end: that is another question.
    kept = []

    def make(workers, **more):
        kept.append(factory(max_workers=workers, **more))
        return kept[-1]

    print("defect" if deviation(make) else "sound")
    sys.stdout.flush()
    os._exit(0)


def tried(factory, name, deviation):
    """What came of one deviation, in a process of its own."""
    command = [sys.executable, os.path.abspath(__file__), factory, "--one", name]
    # Workers find the tasks wherever they are started.
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    # Workers that outlive their program would hold a pipe open.
    out, error = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        command, stdout=out, stderr=error, start_new_session=True, env=dict(os.environ, PYTHONPATH=path)
    )
    try:
        process.wait(timeout=LIMIT)
        out.seek(0)
        error.seek(0)
        last = (error.read().strip().splitlines() or ["nothing was said"])[-1]
        said = out.read().split()
        return said[-1] if said and said[-1] in ("defect", "sound") else "cannot be told: " + last[:90]
    except subprocess.TimeoutExpired:
        return "defect" if deviation in HANGS else "cannot be told: it hangs"
    finally:
        try:
            os.killpg(process.pid, 9)
        except OSError:
            pass


def show(factory, wanted):
    """Tries those that are wanted; whether each of them is a defect."""
    verdicts = []
    for name, deviation in DEVIATIONS.items():
        if not wanted or name in wanted:
            verdicts.append(tried(factory, name, deviation))
            print("%-31s %-8s %s" % (name, verdicts[-1], deviation.__doc__.splitlines()[0]))
            sys.stdout.flush()
    return all(verdict == "defect" for verdict in verdicts)


def accused():
    """From the factories of packages to the names by which the ledger shows what it says of them, and to those
    that it says nothing of in this version of Python."""
    import tomllib

    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "ledger.toml"), "rb") as file:
        ledger = tomllib.load(file)
    names = {}
    for entry in ledger["failure"] + ledger["inherits"]:
        script, *shown = (entry.get("evidence") or "none").split()
        if script == os.path.basename(__file__):
            tried, absent = names.setdefault(entry["subject"].partition(":")[2], (set(), set()))
            for name in shown:
                (tried if "from" not in entry or concerns(ledger, entry, name) else absent).add(name)
    return names


def concerns(ledger, inherits, name):
    """Whether one of the requirements that this name shows, and a package shares, fails in this version of Python."""
    said = DEVIATIONS[name].__doc__.splitlines()[0].rpartition("(")[2]
    wanted = [requirement for requirement in inherits["requirements"] if requirement in said]
    shared = [one for one in ledger["failure"] if one["subject"] == inherits["from"] and one["requirement"] in wanted]
    return any(matches(one["versions"]) for one in shared)


def matches(versions):
    """Whether this Python is one of the versions of an entry, such as `>=3.12, <3.15`."""
    bounds = re.findall(r"(>=|<)([0-9.]+)", versions)
    mine = sys.version_info[:3]
    return all((mine >= numbers(text)) == (sign == ">=") for sign, text in bounds)


def numbers(version):
    """`3.12` is (3, 12, 0)."""
    return tuple(int(part) for part in (version + ".0.0").split(".")[:3])


def main():
    factory, wanted = sys.argv[1], sys.argv[2:]
    if factory == "--ledger":
        all_shown = True
        for factory, (names, absent) in accused().items():
            if not wanted or factory in wanted:
                print(factory)
                all_shown &= show(factory, names)
                for name in sorted(absent - names):
                    print("%-31s %-8s not in Python %s" % (name, "absent", sys.version.split()[0]))
        sys.exit(0 if all_shown else 1)
    if wanted[:1] == ["--one"]:
        one(factory, DEVIATIONS[wanted[1]])
    show(factory, wanted)


if __name__ == "__main__":
    main()
