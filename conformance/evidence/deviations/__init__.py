"""Where executors of Python packages differ, one function each."""
