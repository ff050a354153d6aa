"""Prints the stacks of all threads to standard error when SIGUSR1 arrives, in driver and workers."""

import faulthandler
import signal

try:
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
except (ValueError, OSError, RuntimeError, AttributeError):
    # Without a standard error there is nobody to tell.
    pass
