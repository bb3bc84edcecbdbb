"""Host names: several on one proxy, clients that ask for another or for none, and HSTS by choice."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.pairs import ProxyKind
from tests.support.pki import trusting
from tests.support.rendered import Rendered, arguments, deployment
from tests.support.wire import Wire

PROXIES: tuple[ProxyKind, ...] = ("nginx", "apache")
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
LONG = ".".join(["l" * 63, "o" * 63, "n" * 63, "g" * 50, "example"])
NAMES = ("shop.example.com", "api.example.com", "*.wild.example.com", LONG)
OURS = ("web", "web.default", "web.default.svc", "web.default.svc.cluster.local", "localhost", *NAMES[:2], LONG)


def started(proxy: ProxyKind, **changes: Any) -> tuple[Rendered, str]:
    """A running component, and what clients trust."""
    more = {"tls": {"kind": "issued", "dns_names": list(NAMES)}, "service": {"external_host": "front.example.net"}}
    run = deployment(arguments(proxy, more, **changes))
    return Rendered(run.objects()), str(run.outputs["ca_cert_pem"])


@pytest.fixture(scope="module", params=PROXIES)
def refusing(request: pytest.FixtureRequest) -> Iterator[tuple[Rendered, str]]:
    made = started(request.param, unknown_names="refuse")
    yield made
    made[0].stop()


@pytest.fixture(scope="module", params=PROXIES)
def serving(request: pytest.FixtureRequest) -> Iterator[tuple[Rendered, str]]:
    made = started(request.param)
    yield made
    made[0].stop()


def blind(ca: str, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that looks at nothing: what is refused is refused by the server."""
    context = trusting(ca, None, version)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def shaken(proxy: Rendered, context: ssl.SSLContext, name: str | None, port: str = "") -> bool:
    """Whether the handshake comes to its end."""
    try:
        context.check_hostname = False
        Wire(proxy.ports[port] if port else proxy.port, context, name).close()
    except (ssl.SSLError, ConnectionResetError):
        return False
    return True


@pytest.mark.parametrize("name", [*OURS, "a.wild.example.com", "front.example.net"])
def test_every_name_is_served(refusing: tuple[Rendered, str], serving: tuple[Rendered, str], name: str) -> None:
    for proxy, ca in (refusing, serving):
        assert proxy.word(trusting(ca), name=name) == "200"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["evil.example.org", "example.com", "webb", "127.0.0.1", None])
def test_other_names_and_none_get_no_handshake(
    refusing: tuple[Rendered, str], name: str | None, version: ssl.TLSVersion
) -> None:
    proxy, ca = refusing
    assert not shaken(proxy, blind(ca, version), name)


@pytest.mark.parametrize("name", ["evil.example.org", None])
def test_other_names_are_served_by_default(serving: tuple[Rendered, str], name: str | None) -> None:
    proxy, ca = serving
    context = blind(ca)
    assert proxy.word(context, "Host: evil.example.org", name=name) == "200"


def test_a_request_for_another_name_than_the_handshakes(refusing: tuple[Rendered, str]) -> None:
    proxy, ca = refusing
    assert proxy.app
    before = len(proxy.app.heads)
    assert proxy.word(trusting(ca), "Host: evil.example.org") == "421"
    assert len(proxy.app.heads) == before
    assert proxy.word(trusting(ca), "Host: api.example.com", name="shop.example.com") == "200"


def test_the_status_port_asks_for_no_name(refusing: tuple[Rendered, str]) -> None:
    proxy, ca = refusing
    for path in ("/alive", "/ready"):
        assert proxy.get(blind(ca), "Host: 10.1.2.3:9443", name=None, port="status", path=path).status == 200


@pytest.mark.parametrize("name", ["shop.example.com", "localhost"])
def test_hosts_reach_the_app_as_asked(refusing: tuple[Rendered, str], name: str) -> None:
    proxy, ca = refusing
    echo = json.loads(proxy.get(trusting(ca), f"Host: {name}", name=name, path="/echo").body)
    assert ["Host", name] in echo["headers"]


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize(
    ("hsts", "value"),
    [
        ({}, "max-age=63072000"),
        ({"include_subdomains": True}, "max-age=63072000; includeSubDomains"),
        ({"include_subdomains": True, "preload": True}, "max-age=63072000; includeSubDomains; preload"),
        ({"max_age_seconds": 300}, "max-age=300"),
        (False, None),
    ],
)
def test_hsts(proxy: ProxyKind, hsts: Any, value: str | None) -> None:
    running, ca = started(proxy, hsts=hsts)
    with running:
        for path in ("/echo", "/missing"):
            assert running.get(trusting(ca), path=path).all("Strict-Transport-Security") == ([value] if value else [])


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_name_that_begins_like_ours_in_any_namespace(proxy: ProxyKind) -> None:
    """The configuration does not know the namespace: "web.*" is let in, and the client's own check decides."""
    running, ca = started(proxy, unknown_names="refuse")
    with running:
        assert shaken(running, blind(ca), "web.other.svc")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            running.get(trusting(ca), name="web.other.svc")
