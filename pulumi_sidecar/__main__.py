"""The command: `pulumi-sidecar`, or `python -m pulumi_sidecar`."""

from __future__ import annotations

import signal


def main() -> None:
    """Runs the command line. Ctrl-C during the imports just ends it: no import makes an error of that."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pulumi_sidecar.cli import main as command

    signal.signal(signal.SIGINT, handler)
    command()


if __name__ == "__main__":
    main()
