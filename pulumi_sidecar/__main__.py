"""The command: `pulumi-sidecar`, or `python -m pulumi_sidecar`."""

from __future__ import annotations

import io
import signal
import sys


def main() -> None:
    """Runs the command line. Ctrl-C during the imports just ends it: no import makes an error of that."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pulumi_sidecar.cli import main as command

    signal.signal(signal.SIGINT, handler)
    _can_say_everything(sys.stdout)
    command()


def _can_say_everything(stream: object) -> None:
    """Lets standard output take every character. Standard error does by itself: it escapes what it has no sign for.

    What goes to a file or a pipe is UTF-8, whatever the locale or PYTHONIOENCODING: YAML, SVG and the JSON of a log are
    that by definition, and another encoding would lose characters of values. A terminal keeps its encoding, as it
    cannot show another, and gets "?" for what it lacks.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


if __name__ == "__main__":
    main()
