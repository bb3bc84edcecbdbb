"""Apache's access log: one line of JSON for each request, or the combined format."""

from __future__ import annotations

from typing import assert_never

from pulumi_sidecar.proxy.site import Site
from pulumi_sidecar.proxy.text import Comment, Node, httpd_value

_CUT = {
    "uri": r'SetEnvIfExpr "%{THE_REQUEST} =~ m#^[^ ]+ ([!-~]*)#"',
    "server_name": 'SetEnvIfExpr "%{SSL:SSL_TLS_SNI} =~ m#^([ -~]*)#"',
    "referer": 'SetEnvIf Referer "^([ -~]*)"',
    "user_agent": 'SetEnvIf User-Agent "^([ -~]*)"',
}
"""What a client may fill with any bytes. Apache writes what is not ASCII as \\xhh, which is no JSON: these values
end before the first such byte. Quotes and backslashes are escaped as in JSON."""

_FIELDS = {
    "time": "%{%Y-%m-%dT%H:%M:%S}t%{%z}t",
    "client": "%a",
    "method": "%!400m",
    "host": "%!400V",
    "uri": "%{sidecar-uri}e",
    "protocol": "%H",
    "status": "%>s",
    "bytes_in": "%I",
    "bytes_out": "%O",
    "seconds": "%De-6",
    "tls": "%{SSL_PROTOCOL}x",
    "server_name": "%{sidecar-server_name}e",
    "referer": "%{sidecar-referer}e",
    "user_agent": "%{sidecar-user_agent}e",
}
"""nginx's fields, as far as Apache knows them: it does not tell the app's own time and status. `seconds` is a number in
microseconds with an exponent. What cannot be parsed (status 400) is left out, since it may hold anything."""
_NUMBERS = {"status", "bytes_in", "bytes_out", "seconds"}


def format_line(site: Site) -> list[Node]:
    """For the whole server: the format."""
    match site.access_log:
        case "off":
            return []
        case "combined":
            line = r"%a - %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""
        case "json":
            fields = (
                rf"\"{name}\":{value}" if name in _NUMBERS else rf"\"{name}\":\"{value}\""
                for name, value in _FIELDS.items()
            )
            line = "{" + ",".join(fields) + "}"
        case _:
            assert_never(site.access_log)
    return [f'LogFormat "{line}" access']


def log(site: Site) -> list[Node]:
    """For the virtual hosts of clients: write it. The kubelet's probes are not logged."""
    if site.access_log == "off":
        return []
    # Opened by its process rather than by /dev, which may belong to another user.
    file = "/proc/self/fd/1" if site.log_file == "/dev/stdout" else site.log_file
    nodes: list[Node] = [f"CustomLog {httpd_value(file)} access"]
    if site.access_log == "json":
        nodes.append(Comment("Values that a client chooses, up to the first byte that JSON could not hold."))
        nodes += [f"{cut} sidecar-{name}=$1" for name, cut in _CUT.items()]
    return nodes
