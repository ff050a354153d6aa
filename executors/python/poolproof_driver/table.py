"""The open executors of this process, where tasks that submit to their own executor find it."""

import os

_opened = {}


def add(house, number, handle, opened):
    """Makes an executor reachable as `number` of `house`; `handle` is how the host names it."""
    # A forked worker inherits this table and must not believe it: it remembers its process.
    _opened[house["key"], number] = (os.getpid(), handle, opened)


def remove(handle):
    """Takes it out again."""
    for key, (_, known, _) in list(_opened.items()):
        if known == handle:
            del _opened[key]


def find(probe):
    """The executor that runs `probe`, if it is here and still open."""
    pid, _, opened = _opened.get((probe["house"]["key"], probe["executor"]), (None, None, None))
    return opened if pid == os.getpid() else None
