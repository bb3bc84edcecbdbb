"""Starts the demo: `python -m tools.demo`."""

import signal
import sys

if __name__ == "__main__":
    # Until the demo has handlers of its own, Ctrl-C just ends it: an import may make an ImportError of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tools.demo.run import main

    sys.exit(main())
