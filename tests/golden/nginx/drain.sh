#!/bin/sh
# Written by pulumi-sidecar: begins to drain a native proxy, which the kubelet stops after the app.
# The server's process id is the one in its file: it need not be process 1.
set -u
good() { nginx -c /etc/pulumi-sidecar/proxy/nginx.conf -g 'daemon off;' -t -q; }
good &
answer=$!
sleep 5
server=$(cat /run/pulumi-sidecar/nginx.pid)
if wait "$answer"; then kill -HUP "$server"; else kill -QUIT "$server"; fi
sleep 10
