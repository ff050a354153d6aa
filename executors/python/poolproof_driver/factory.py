"""The factory of a subject: where it comes from, what it accepts, and the executors it makes."""

import concurrent.futures
import importlib
import inspect
import os
import re
import sys

from . import facts, outcome, probe
from .observed import Observed, where
from .outcome import Fault
from .profile import parameters, profile_of

_STANDARD = {"thread": "ThreadPoolExecutor", "process": "ProcessPoolExecutor"}

# Names under which factories take the function that runs first in each worker, its arguments, the
# number of tasks after which a worker is replaced, and the way in which processes are started.
_INITIALISER = "initializer"
_MAX_TASKS = ("max_tasks_per_child", "maxtasksperchild")
_CONTEXT = ("mp_context", "context")


class Factory(object):
    """`MODULE:FACTORY`, imported."""

    def __init__(self, subject, options):
        if subject in _STANDARD:
            self.module_name, self.name = "concurrent.futures", _STANDARD[subject]
        else:
            self.module_name, _, self.name = subject.partition(":")
        self.options = options
        self.module = self._import()
        self.make = self._resolve()
        self.wait = getattr(self.module, "wait", concurrent.futures.wait)
        self.as_completed = getattr(self.module, "as_completed", concurrent.futures.as_completed)
        self.facts = facts.of(self.module, self.module_name, self.name)
        self._class = None
        self._observed = None

    def _import(self):
        try:
            return importlib.import_module(self.module_name)
        except BaseException as error:
            said = "%s: %s" % (type(error).__name__, outcome.text(error))
            missing = getattr(error, "name", None)
            if isinstance(error, ImportError) and missing == self.module_name.partition(".")[0]:
                what = "the module `%s` (%s, under %s)" % (self.module_name, said, sys.executable)
                install = "%s -m pip install %s, or put it on PYTHONPATH" % (sys.executable, missing)
                raise Fault({"not_installed": {"what": what, "install": install}}) from None
            sentence = "the module `%s` cannot be imported by %s: %s" % (self.module_name, sys.executable, said)
            raise Fault({"setup": sentence}) from None

    def _resolve(self):
        found = self.module
        for part in self.name.split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                near = [name for name in dir(found) if not name.startswith("_") and callable(getattr(found, name, None))]
                sentence = "the module `%s` has no `%s`; what can be called there: %s" % (
                    self.module_name,
                    self.name,
                    ", ".join(near[:12]) or "nothing",
                )
                raise Fault({"setup": sentence}) from None
        if not callable(found):
            raise Fault({"setup": "`%s` of the module `%s` cannot be called" % (self.name, self.module_name)})
        return found

    def executor_class(self):
        """The class of the executors; a function is called once to see what it makes."""
        if inspect.isclass(self.make):
            return self.make
        if self._class is None:
            executor = self.open(1, None, None)
            self._class = type(executor)
            getattr(executor, "shutdown", lambda: None)()
        return self._class

    def kind(self):
        """Whether the workers are threads or processes: as stated, as named, or as seen."""
        wanted = self.options.get("kind") or self.facts.get("kind")
        if wanted:
            return wanted
        names = [cls.__name__ for cls in self.executor_class().__mro__]
        if any("Process" in name for name in names):
            return "process"
        if any("Thread" in name for name in names):
            return "thread"
        return "thread" if self.observed().pid == os.getpid() else "process"

    def observed(self):
        """One future of the subject, for what its class does not tell; see `Observed`."""
        if self._observed is None:
            executor = self.open(1, None, None)
            try:
                self._observed = Observed(executor.submit(where))
            finally:
                getattr(executor, "shutdown", lambda: None)()
        return self._observed

    def accepts(self, name):
        """Whether the factory has a parameter of that name."""
        return name in parameters(self.make)

    def first_accepted(self, names):
        """The first of these parameters that the factory has, if any."""
        return next((name for name in names if self.accepts(name)), None)

    def open(self, workers, initialiser, max_tasks):
        """A fresh executor. What its constructor raises is the caller's."""
        keywords = self._start_method()
        if initialiser is not None:
            if not self.accepts(_INITIALISER):
                raise outcome.unsupported()
            keywords[_INITIALISER] = probe.initialise
            keywords["initargs"] = (probe.task(initialiser),)
        if max_tasks is not None:
            name = self.first_accepted(_MAX_TASKS)
            if name is None:
                raise outcome.unsupported()
            keywords[name] = max_tasks
        if self.accepts("max_workers") or self.accepts("**"):
            return self.make(max_workers=workers, **keywords)
        return self.make(workers, **keywords)

    def _start_method(self):
        start = self.options.get("start")
        if not start:
            return {}
        # Only those who ask for it pay for the import.
        import multiprocessing

        name = self.first_accepted(_CONTEXT)
        try:
            if name is not None:
                return {name: multiprocessing.get_context(start)}
            # Before Python 3.7 the start method is a property of the whole process.
            multiprocessing.set_start_method(start, force=True)
        except ValueError as error:
            raise Fault({"setup": "processes cannot be started with `start=%s`: %s" % (start, error)}) from None
        return {}

    def hello(self):
        """What the subject is: language, versions, profile."""
        # The host knows it already, except once.
        import platform

        language = platform.python_implementation()
        version = "%d.%d.%d" % sys.version_info[:3]
        versions = "%s %s" % (language, version)
        if not getattr(sys, "_is_gil_enabled", lambda: True)():
            versions += " free-threaded"
        package = self._package()
        if package:
            # What is judged is the package, so its version is the one that known failures go by.
            versions += ", %s %s" % package
            version = _three_numbers(package[1]) or version
        hello = {"language": language, "version": version, "versions": versions, "profile": profile_of(self)}
        if "check_seconds" in self.facts:
            hello["check_seconds"] = self.facts["check_seconds"]
        return hello

    def _package(self):
        """The distribution that the subject comes from and its version, if it is a package."""
        top = self.module_name.partition(".")[0]
        if top in ("concurrent", "__main__"):
            return None
        try:
            from importlib import metadata

            names = [self.facts.get("package", top)]
            if "package" not in self.facts and hasattr(metadata, "packages_distributions"):
                names = metadata.packages_distributions().get(top) or names
            return names[0], metadata.version(names[0])
        except Exception:
            # Older than importlib.metadata, or a plain file: what the module says of itself.
            version = getattr(sys.modules.get(top), "__version__", None)
            return (top, version) if version else None


def _three_numbers(version):
    """The beginning of a version as `1.2.3`; None if it does not begin with a number."""
    numbers = re.match(r"\d+(\.\d+)*", str(version))
    if numbers is None:
        return None
    return ".".join((numbers.group().split(".") + ["0", "0"])[:3])
