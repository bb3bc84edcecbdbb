"""A shell script that runs a server in the foreground and reloads it when mounted files change.

For what a server does not read anew by itself. Kubernetes swaps the link `..data` of a mounted Secret or ConfigMap.
"""

from __future__ import annotations

import shlex

INTERVAL_SECONDS = 10
"""How often the links are looked at. The kubelet itself takes up to a minute to follow a change."""

WAIT_FOR_SERVER = """\
while :; do
    wait "$server"
    code=$?
    # A signal that is caught ends `wait` too; where the server has ended meanwhile, its own code is still to be had.
    [ "$code" -gt 128 ] || break
    kill -0 "$server" 2>/dev/null && continue
    wait "$server" 2>/dev/null
    again=$?
    [ "$again" = 127 ] || code=$again
    break
done
"""
"""POSIX sh: waits until the process `server` is gone, and leaves its exit code in `code`."""

END_NAP = """\
# Ends a subshell and what it sleeps in, whenever the signal comes: `$!` is right as soon as there is a process, and a
# variable set from it a moment later; a process that has not become `sleep` yet may lose any signal but KILL.
end_nap() {
    [ "$!" = "$before" ] || kill -KILL "$!" 2>/dev/null
    exit
}
"""
"""POSIX sh: what TERM calls in a subshell that sets `before` to its `$!`, then sleeps in the background and waits."""


def script(run: tuple[str, ...], reload_signal: str, folders: tuple[str, ...], prologue: str = "") -> str:
    """POSIX sh: runs `run`, tests (`run` with -t) and sends `reload_signal` when a link of `folders` has changed.

    TERM, INT, QUIT and WINCH go on to the server, so that it stops as its image means it to: several times, which must
    be the same to it as once. The script ends with the server, with its exit code. What does not pass the test is tried
    again at the next look: a half-swapped pair mends itself.
    """
    links = " ".join(shlex.quote(f"{folder}/..data") for folder in folders)
    server = shlex.join(run)
    return f"""#!/bin/sh
# Written by pulumi-sidecar: runs the server and reloads it when its mounted files have changed.
{prologue}state() {{ for link in {links}; do readlink "$link"; done; }}

server=''
watcher=''
pending=''
insister=''
pass_on() {{
    # What comes before all have begun waits until then: `$!` must be the watcher's where that is asked.
    [ -n "$watcher" ] || {{ pending=$1; return; }}
    kill "-$1" "$server" 2>/dev/null
    [ -z "$insister" ] || return
    insister=soon
    insist "$1" &
    insister=$!
}}
for name in TERM INT QUIT WINCH; do trap "pass_on $name" "$name"; done

{END_NAP}
# A server that has hardly begun may lose a signal, and a lost one would cost the whole grace period.
insist() {{
    before=$!
    trap end_nap TERM
    trap '' INT QUIT WINCH
    for _ in 1 2 3 4 5; do
        kill -0 "$server" 2>/dev/null || exit
        sleep 1 &
        wait "$!"
        kill "-$1" "$server" 2>/dev/null
    done
}}

watch() {{
    before=$!
    trap end_nap TERM
    trap '' INT QUIT WINCH
    while kill -0 "$server" 2>/dev/null; do
        sleep {INTERVAL_SECONDS} &
        wait "$!"
        now=$(state)
        [ "$now" != "$seen" ] || continue
        if {server} -t; then
            seen=$now
            kill -{reload_signal} "$server"
        fi
    done
}}

seen=$(state)
[ -z "$pending" ] || exit 0
{server} &
server=$!
watch &
watcher=$!
[ -z "$pending" ] || pass_on "$pending"
{WAIT_FOR_SERVER}kill $watcher $insister 2>/dev/null
wait $watcher $insister 2>/dev/null
exit "$code"
"""
