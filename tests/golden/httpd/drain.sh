#!/bin/sh
# Written by pulumi-sidecar: begins to drain a native proxy, which the kubelet stops after the app.
# The server's process id is the one in its file: it need not be process 1.
set -u
config=/etc/pulumi-sidecar/proxy
work=/run/pulumi-sidecar
httpd=$(command -v httpd || command -v apache2)
attempt=drain
port=$((47450 + $$ % 1000))
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
good &
answer=$!
sleep 5
server=$(cat /run/pulumi-sidecar/httpd.pid)
if wait "$answer"; then kill -USR1 "$server"; else kill -WINCH "$server"; fi
sleep 10
