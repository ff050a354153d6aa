"""Starts the driver. Workers that import the main module of their parent import this, and do nothing."""

import sys

if __name__ == "__main__":
    # Modules are looked for where `python -c` looks: in the current directory, not beside this
    # file. The driver itself is found through PYTHONPATH, by workers too.
    sys.path[0] = ""
    from poolproof_driver.link import main

    main()
