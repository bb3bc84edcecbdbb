"""How large a request's body may be."""

from __future__ import annotations

from pulumi_sidecar.proxy.httpd_backend import spools
from pulumi_sidecar.proxy.site import Site
from pulumi_sidecar.proxy.text import Comment, Node, block, httpd_value

FILE = "limit.lua"
_TEXT = """\
-- Written by pulumi-sidecar: ends a request whose body is larger than @BYTES@ bytes.
function limit(r)
    local left = @BYTES@
    coroutine.yield()
    while bucket ~= nil do
        left = left - #bucket
        if left < 0 then
            r.notes["sidecar-large"] = "-large"
            return
        end
        coroutine.yield(bucket)
    end
end
"""


def text(site: Site) -> str:
    """The filter that counts what arrives of a body whose length the client did not tell."""
    return _TEXT.replace("@BYTES@", str(site.max_body_bytes))


def directives(site: Site, config_dir: str) -> list[Node]:
    """For the virtual host of clients. Apache's own LimitRequestBody is not for requests that are passed on."""
    if not site.max_body_bytes:
        return []
    filters = "BODYLIMIT;BUFFER" if spools(site) else "BODYLIMIT"
    return [
        Comment("LimitRequestBody is not for requests that are passed on: a length that is told is looked at here,"),
        "RewriteEngine On",
        f'RewriteCond expr "%{{req_novary:Content-Length}} -gt {site.max_body_bytes}"',
        'RewriteRule "^" - [R=413,L]',
        Comment("and what comes without one is counted."),
        f"LuaInputFilter BODYLIMIT {httpd_value(f'{config_dir}/{FILE}')} limit",
        block('If "-n %{req_novary:Transfer-Encoding}"', f"SetInputFilter {filters}"),
        'ErrorDocument 400 "/400%{note:sidecar-large}.asis"',
        f"Alias /400-large.asis {httpd_value(f'{config_dir}/413.asis')}",
    ]
