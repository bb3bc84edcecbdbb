"""nginx's access log."""

from __future__ import annotations

from typing import assert_never

from pulumi_sidecar.proxy.site import Site
from pulumi_sidecar.proxy.text import Comment, Node, block, nginx_value

_LOG_FIELDS = {
    "time": "$time_iso8601",
    "client": "$remote_addr",
    "method": "$request_method",
    "host": "$host",
    "uri": "$log_uri",
    "protocol": "$server_protocol",
    "status": "$status",
    "bytes_in": "$request_length",
    "bytes_out": "$bytes_sent",
    "seconds": "$request_time",
    "app_seconds": "$upstream_response_time",
    "app_status": "$upstream_status",
    "tls": "$ssl_protocol",
    "server_name": "$log_server_name",
    "referer": "$log_referer",
    "user_agent": "$log_user_agent",
}
_LOG_NUMBERS = {"status", "bytes_in", "bytes_out", "seconds"}
_LOG_TEXTS = {
    "$log_uri": "$request_uri",
    "$log_server_name": "$ssl_server_name",
    "$log_referer": "$http_referer",
    "$log_user_agent": "$http_user_agent",
}
"""Where a client may have written any byte at all."""
_UTF8 = (
    r"(?:[\x00-\x7F]|[\xC2-\xDF][\x80-\xBF]|\xE0[\xA0-\xBF][\x80-\xBF]|[\xE1-\xEC\xEE\xEF][\x80-\xBF]{2}"
    r"|\xED[\x80-\x9F][\x80-\xBF]|\xF0[\x90-\xBF][\x80-\xBF]{2}|[\xF1-\xF3][\x80-\xBF]{3}|\xF4[\x80-\x8F][\x80-\xBF]{2})*+"
)
"""RFC 3629, section 4. Possessive, so that it never backtracks."""


def _log_texts() -> list[Node]:
    maps = [
        block(
            f"map {value} {name}",
            f'"~^{_UTF8}$" {value}',
            f'"~^(?<log_start>{_UTF8})" "$log_start\N{REPLACEMENT CHARACTER}"',
        )
        for name, value in _LOG_TEXTS.items()
    ]
    return [Comment("escape=json leaves bytes above 127 alone: what is not UTF-8 ends at its first wrong byte."), *maps]


def access_log(site: Site) -> list[Node]:
    """Directives of the http block, for the format that is wanted."""
    match site.access_log:
        case "off":
            return ["access_log off"]
        case "combined":
            return [f"access_log {nginx_value(site.log_file)} combined"]
        case "json":
            fields = [
                f'"{name}":{value}' if name in _LOG_NUMBERS else f'"{name}":"{value}"'
                for name, value in _LOG_FIELDS.items()
            ]
            pieces = [f"'{{{fields[0]}'", *(f"',{field}'" for field in fields[1:-1]), f"',{fields[-1]}}}'"]
            return [
                *_log_texts(),
                "log_format json_line escape=json\n            " + "\n            ".join(pieces),
                f"access_log {nginx_value(site.log_file)} json_line",
            ]
        case _:
            assert_never(site.access_log)
