"""A dual-stack Service: the proxy listens on both families, at each of its ports."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH
from tests.support.rendered import Rendered, arguments, deployment

ADDRESSES = ("127.0.0.1", "::1")
DUAL = {"ip_families": ["IPv4", "IPv6"], "ip_family_policy": "PreferDualStack"}


def _need_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        reason = f"no IPv6 on this machine: {error}"
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(params=["nginx", "apache"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Rendered]:
    _need_ipv6()
    run = deployment(arguments(request.param, {"service": DUAL}, redirect_http=True))
    with Rendered(run.objects()) as rendered:
        yield rendered


def _ask(proxy: Rendered, address: str, port: str, path: str) -> tuple[int, Any, bytes]:
    """An answer, whoever's certificate it is: names are tested elsewhere."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    made = (
        http.client.HTTPConnection(address, proxy.ports[port], timeout=20)
        if port == "http"
        else http.client.HTTPSConnection(address, proxy.ports[port], timeout=20, context=context)
    )
    try:
        made.request("GET", path, headers={"Host": "localhost"})
        answer = made.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        made.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_port(proxy: Rendered, address: str) -> None:
    status, _, body = _ask(proxy, address, "https", "/echo")
    assert status == 200
    assert [value for key, value in json.loads(body)["headers"] if key.lower() == "x-forwarded-for"] == [address]
    for path in (ALIVE_PATH, READY_PATH):
        assert _ask(proxy, address, "status", path)[0] == 200
    status, headers, _ = _ask(proxy, address, "http", "/a?b=c")
    assert (status, headers["Location"]) == (308, "https://localhost/a?b=c")


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_ipv4_alone_by_default(kind: Any) -> None:
    _need_ipv6()
    with Rendered(deployment(arguments(kind)).objects()) as proxy:
        assert _ask(proxy, "127.0.0.1", "status", ALIVE_PATH)[0] == 200
        with pytest.raises(ConnectionRefusedError):
            _ask(proxy, "::1", "status", ALIVE_PATH)
