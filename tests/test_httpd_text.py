"""httpd.conf as text: golden files for whole sites, and the quoting that keeps a value within its directive.

UPDATE_GOLDEN=1 writes the golden files anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar.proxy import httpd
from pulumi_sidecar.proxy.httpd_headers import other_spellings
from pulumi_sidecar.proxy.site import (
    ClientAuth,
    Extra,
    FastCgi,
    Grpc,
    Health,
    Http,
    Site,
    Static,
    Tcp,
    Timeouts,
    TlsFiles,
    UnixSocket,
    Uwsgi,
)
from pulumi_sidecar.proxy.text import Comment, Node, Raw, block, httpd_text, httpd_value

GOLDEN = Path(__file__).parent / "golden" / "httpd"
CONFIG_DIR = "/etc/pulumi-sidecar/proxy"
TLS = TlsFiles("/etc/pulumi-sidecar/tls/tls.crt", "/etc/pulumi-sidecar/tls/tls.key")
SITE = Site(Http(Tcp(8080)), TLS, "/run/pulumi-sidecar", hsts="max-age=63072000")

SITES: dict[str, Site] = {
    "http": SITE,
    "everything": replace(
        SITE,
        backend=Uwsgi(UnixSocket("/run/app/uwsgi.sock"), prefix="/my%20shop"),
        tls=replace(TLS, profile="modern"),
        redirect_port=8081,
        public_port=8443,
        listen_hosts=("::1",),
        health=Health("/ping?a=%20b", any_below_500=False, host="shop"),
        access_log="combined",
        worker_processes=8,
        static=(Static("/static/", "/srv/static", 60),),
        trusted_proxies=("10.0.0.0/8", "::/0"),
        extra=Extra("LogLevel info", "Header set X-Own 1"),
    ),
    "metrics": replace(SITE, metrics_port=9145),
    "proxy_protocol": replace(SITE, trusted_proxies=("10.0.0.0/8",), proxy_protocol=True, access_log="off"),
    "client_certificates": replace(
        SITE, client_auth=ClientAuth("/etc/pulumi-sidecar/client-ca/ca.crt"), host_names=("web.example.com", "web.*")
    ),
    "fastcgi": replace(SITE, backend=FastCgi(Tcp(9000, "::1"), "/shop", "/srv/app/index.php"), http2=False),
    "trusted_fastcgi": replace(SITE, backend=FastCgi(Tcp(9000)), trusted_proxies=("10.0.0.0/8",), access_log="off"),
    "encoded_health": replace(SITE, health=Health("//a%2Fb?c=%20")),
    "grpc": replace(SITE, backend=Grpc(UnixSocket("/run/app/grpc.sock")), max_body_bytes=0),
    "dual_stack": replace(SITE, listen_hosts=("0.0.0.0", "::"), redirect_port=8081),
    "plain": replace(
        SITE,
        tls=None,
        hsts=None,
        backend=Http(UnixSocket("/run/app/http.sock")),
        buffer_requests=False,
        websockets=False,
    ),
}


def check_golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert file.read_text() == text, f"UPDATE_GOLDEN=1 writes {file} anew"


@pytest.mark.parametrize("name", SITES)
def test_golden(name: str) -> None:
    check_golden(f"{name}.conf", httpd.render(SITES[name], CONFIG_DIR)[httpd.FILE])


@pytest.mark.parametrize("name", ["httpd-trial.conf", "httpd.sh", "limit.lua", "502.asis"])
def test_golden_companions(name: str) -> None:
    check_golden(name, httpd.render(SITES["client_certificates"], CONFIG_DIR)[name])


def test_golden_drain() -> None:
    check_golden("drain.sh", httpd.drain(SITE, CONFIG_DIR, (5, 10)))


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_every_file_that_is_named_is_there(site: Site) -> None:
    files = httpd.render(site, CONFIG_DIR)
    for text in files.values():
        for name in re.findall(rf"{CONFIG_DIR}/([\w.-]+)", text):
            assert name in files
    assert httpd.render(site, CONFIG_DIR) == files, "the same every time"


def test_command() -> None:
    assert httpd.command("/c", "/t") == ("sh", "/c/httpd.sh", "/c", "/t")


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_nothing_is_unsupported(site: Site) -> None:
    assert httpd.unsupported(site) == []


def test_unsupported() -> None:
    found = httpd.unsupported(replace(SITE, timeouts=Timeouts(send_seconds=90)))
    assert [field for field, _ in found] == ["timeouts.send_seconds"]


# --- quoting ----------------------------------------------------------------------------------------------------------


def as_apache_reads(text: str) -> tuple[str, str]:
    """The first argument of a line and what is left, as ap_getword_conf does it."""
    text = text.lstrip(" \t")
    quote = text[:1] if text[:1] in {'"', "'"} else ""
    if not quote:
        word = re.match(r"[^ \t]*", text)
        assert word
        return word[0].replace("\\\\", "\\"), text[word.end() :]
    result, index = "", 1
    while index < len(text) and text[index] != quote:
        if text[index] == "\\" and text[index + 1 : index + 2] in {"\\", quote}:
            index += 1
        result += text[index]
        index += 1
    return result, text[index + 1 :]


@given(st.text(max_size=40))
def test_a_quoted_value_is_one_argument_and_comes_back(value: str) -> None:
    try:
        written = httpd_value(value)
    except ValueError:
        return
    assert "\n" not in written
    assert "${" not in written
    assert "%{" not in written
    assert not written.endswith("\\"), "it would join the next line"
    written.encode()
    assert as_apache_reads(f"{written} next") == (value, " next")


@pytest.mark.parametrize("value", ["${HOME}", "%{ENV:x}", "a\nb", "a\rb", "\0", "\x7f", "\x85", "\ud800"])
def test_what_cannot_be_quoted_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"cannot stand in httpd\.conf"):
        httpd_value(value)


@pytest.mark.parametrize(
    "change",
    [
        {"backend": Http(UnixSocket("/run/${x}"))},
        {"backend": Uwsgi(Tcp(1), prefix='/a"b')},
        {"backend": FastCgi(Tcp(1), script="/a\nb")},
        {"static": (Static("/s/", "/srv/*"),)},
        {"health": Health('/"')},
        {"trusted_proxies": ("10.0.0.0/8' || true",)},
        {"work_dir": "/run/a(b)"},
    ],
    ids=str,
)
def test_no_value_breaks_out(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"cannot|no network"):
        httpd.render(replace(SITE, **change), CONFIG_DIR)


def test_text() -> None:
    nodes: list[Node] = [
        Comment("c"),
        "A b",
        "",
        None,
        Raw("X 1\nY 2\n"),
        block("VirtualHost *:1", ["B"], block('If "x"', "C")),
    ]
    expected = '# c\nA b\n\nX 1\nY 2\n<VirtualHost *:1>\n    B\n    <If "x">\n        C\n    </If>\n</VirtualHost>\n'
    assert httpd_text(nodes) == expected


def test_spellings() -> None:
    assert set(other_spellings("X-Real-IP")) == {"X_Real-IP", "X-Real_IP", "X_Real_IP"}
