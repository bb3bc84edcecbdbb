"""The preStop hook of a native proxy, as a shell script: the server drains while it stays, until the app has ended."""

from __future__ import annotations

import shlex

FILE = "drain.sh"


def script(pid_file: str, reload_signal: str, stop_signal: str, test: str, seconds: tuple[int, int]) -> str:
    """POSIX sh. `seconds` is how long the server goes on accepting, and how long the hook lasts after that.

    A reload makes new workers, and the old ones finish their requests and close what is idle: HTTP/1.1 clients are told
    `Connection: close`, HTTP/2 clients GOAWAY. `test` are the lines of a function `good`, which says whether the server
    would survive a reload. Otherwise it is told to stop: clients lose nothing, it is only gone before the app.
    """
    accept, rest = seconds
    return f"""#!/bin/sh
# Written by pulumi-sidecar: begins to drain a native proxy, which the kubelet stops after the app.
# The server's process id is the one in its file: it need not be process 1.
set -u
{test}
good &
answer=$!
sleep {accept}
server=$(cat {shlex.quote(pid_file)})
if wait "$answer"; then kill -{reload_signal} "$server"; else kill -{stop_signal} "$server"; fi
sleep {rest}
"""


def command(config_dir: str) -> tuple[str, ...]:
    """What the hook runs."""
    return ("sh", f"{config_dir}/{FILE}")
