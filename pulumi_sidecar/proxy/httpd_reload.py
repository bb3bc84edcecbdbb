"""The shell script that runs Apache and reloads it when the certificate is renewed: httpd cannot by itself."""

from __future__ import annotations

import posixpath
import shlex

from pulumi_sidecar.proxy import drain_script, watch
from pulumi_sidecar.proxy.site import Site

SCRIPT = "httpd.sh"
TRIAL = "httpd-trial.conf"

_GOOD = r"""
# Whether httpd would start with this certificate. `httpd -t` does not see that a key belongs to another one, and a
# running httpd that finds out goes away: so a second one has to start, with nothing but the certificate.
good() {
    "$httpd" -t -f "$config/httpd.conf" 2>"$work/$attempt.log" || return 1
    rm -f "$work/$attempt.pid"
    "$httpd" -f "$config/httpd-trial.conf" -C "Listen 127.83.67.1:$port" \
        -c "PidFile \"$work/$attempt.pid\"" -DFOREGROUND 2>"$work/$attempt.log" &
    trial=$!
    round=0
    verdict=1
    while [ "$round" -lt 10 ] && kill -0 "$trial" 2>/dev/null; do
        [ -s "$work/$attempt.pid" ] && { verdict=0; break; }
        sleep 1 &
        wait "$!"
        round=$((round + 1))
    done
    kill -TERM "$trial" 2>/dev/null
    wait "$trial" 2>/dev/null
    trial=''
    return "$verdict"
}
"""

_TEXT = (
    r"""#!/bin/sh
# Written by pulumi-sidecar: httpd.sh CONFIG_DIR TLS_DIR
# Runs httpd in the foreground. When the folder of the certificate is swapped (its link ..data, as the kubelet does
# it), httpd is asked to begin anew without losing a request. Needs a POSIX sh, cat, readlink, rm and sleep.
set -u
config=$1
tls=$2
work=@WORK@
drain=@DRAIN@
every=${PULUMI_SIDECAR_RELOAD_SECONDS:-10}
httpd=$(command -v httpd || command -v apache2) || { echo 'httpd.sh: there is no httpd' >&2; exit 127; }
export TMPDIR="$work"  # request bodies that do not fit into memory: the root file system may be read-only
server=''
watcher=''
stopping=''

state() {
    for link in @LINKS@; do readlink "$link"; done
}

@END_NAP@
stop() {
    [ -n "$stopping" ] && return
    stopping=yes
    [ -n "$watcher" ] || return  # until both have begun: what is started here must not be taken for the watcher
    kill -WINCH "$server" 2>/dev/null
    # httpd gives processes whose requests do not end (websockets) ten more seconds: nobody waits for these. The signal
    # to end after all is for an httpd that had hardly begun and did not take the first one.
    (
        before=$!
        trap end_nap TERM
        kill -0 "$server" 2>/dev/null || exit  # it may have ended, and this been told so, before the trap was set
        sleep $((drain + 1)) &
        wait "$!"
        kill -TERM "$server" 2>/dev/null
        children=$(cat "/proc/$server/task/$server/children" 2>/dev/null)
        # shellcheck disable=SC2086 # several numbers
        [ -n "$children" ] && kill -KILL $children 2>/dev/null
    ) &
    last=$!
}
last=''
trap stop TERM WINCH QUIT
trap 'kill -TERM "$server" 2>/dev/null' INT
trap 'kill -USR1 "$server" 2>/dev/null' HUP USR1

@GOOD@
watch() {
    attempt=trial
    trial=''
    tries=0
    before=$!
    trap '[ -n "$trial" ] && kill -TERM "$trial" 2>/dev/null && before=$trial; end_nap' TERM
    trap '' WINCH HUP USR1 QUIT INT
    while kill -0 "$server" 2>/dev/null; do
        sleep "$every" &
        wait "$!"
        now=$(state)
        [ "$now" = "$seen" ] && continue
        tries=$(( (tries + 1) % 50 ))
        port=$((47400 + tries))
        if good; then
            echo 'httpd.sh: the certificate has changed: reloading' >&2
            seen=$now
            kill -USR1 "$server"
        else
            echo 'httpd.sh: the new certificate cannot be used, going on with the old one:' >&2
            cat "$work/trial.log" >&2
        fi
    done
}

seen=$(state)
# What a container that was killed left behind: httpd does not start while any process has the number in it.
rm -f "$work/httpd.pid"
[ -z "$stopping" ] || exit 0
"$httpd" -f "$config/httpd.conf" -DFOREGROUND &
server=$!
watch &
watcher=$!
[ -z "$stopping" ] || [ -n "$last" ] || { stopping=''; stop; }
@WAIT@kill $watcher $last 2>/dev/null
wait $watcher $last 2>/dev/null
exit "$code"
""".replace("@GOOD@", _GOOD.strip())
    .replace("@WAIT@", watch.WAIT_FOR_SERVER)
    .replace("@END_NAP@", watch.END_NAP)
)


def script(site: Site) -> str:
    """The script's text."""
    ca = [posixpath.dirname(site.client_auth.ca_file)] if site.client_auth else []
    return (
        _TEXT.replace("@WORK@", shlex.quote(site.work_dir))
        .replace("@DRAIN@", str(site.drain_seconds))
        .replace("@LINKS@", " ".join(['"$tls/..data"', *(shlex.quote(f"{folder}/..data") for folder in ca)]))
    )


def drain(site: Site, config_dir: str, seconds: tuple[int, int]) -> str:
    """The script that begins to drain httpd without ending it; `seconds` as in drain_script."""
    lines = [
        f"config={shlex.quote(config_dir)}",
        f"work={shlex.quote(site.work_dir)}",
        "httpd=$(command -v httpd || command -v apache2)",
        "attempt=drain",
        "port=$((47450 + $$ % 1000))",
        _GOOD.strip(),
    ]
    return drain_script.script(f"{site.work_dir}/httpd.pid", "USR1", "WINCH", "\n".join(lines), seconds)


def command(config_dir: str, tls_dir: str) -> tuple[str, ...]:
    """What the container runs, with the folders of the ConfigMap and of the certificate's Secret."""
    return ("sh", f"{config_dir}/{SCRIPT}", config_dir, tls_dir)
