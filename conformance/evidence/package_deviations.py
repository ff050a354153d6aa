"""Where executors of Python packages differ from what concurrent.futures documents, in plain Python.

    python package_deviations.py MODULE:FACTORY [NAME...]

makes each deviation happen to the executor that FACTORY(max_workers=2 or 1) gives, each in a process of
its own, and prints `defect`, `sound`, or why it cannot be told. A process that has not ended after
LIMIT seconds hangs: that is a defect where the deviation is one of never returning.
"""
import importlib
import os
import subprocess
import sys
import tempfile

from deviations import cancelling, futures, memory, shutting, workers

LIMIT = 30

# A hang is the defect where the promise is that something returns.
HANGS = {
    futures.system_exit,
    futures.builtin_hangs,
    cancelling.cancelled_wait_hangs,
    cancelling.cancelled_shutdown_hangs,
    cancelling.cancelled_quick_shutdown_hangs,
    cancelling.map_limit_then_shutdown_hangs,
    shutting.shutdown_blocks,
    shutting.refused_submits_hang,
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
    for area in (futures, cancelling, shutting, memory, workers)
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


def main():
    factory, wanted = sys.argv[1], sys.argv[2:]
    if wanted[:1] == ["--one"]:
        one(factory, DEVIATIONS[wanted[1]])
    for name, deviation in DEVIATIONS.items():
        if not wanted or name in wanted:
            print("%-31s %-8s %s" % (name, tried(factory, name, deviation), deviation.__doc__.splitlines()[0]))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
