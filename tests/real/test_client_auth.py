"""Client certificates on the wire: who is let in, what the app is told, and what a reload follows."""

from __future__ import annotations

import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar.proxy.site import ClientAuth
from tests.real.conftest import Start
from tests.support.client_auth import Set
from tests.support.pairs import Pair as PairOfProtocols
from tests.support.pairs import ProxyKind, seen
from tests.support.pki import Ca, Pair, trusting
from tests.support.servers import until
from tests.support.wire import Wire

PROXIES: tuple[ProxyKind, ...] = ("nginx", "apache")
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.fixture(scope="module", params=PROXIES)
def required(request: pytest.FixtureRequest) -> Iterator[Set]:
    made = Set(request.param, "required")
    yield made
    made.proxy.stop()


@pytest.fixture(scope="module", params=PROXIES)
def optional(request: pytest.FixtureRequest) -> Iterator[Set]:
    made = Set(request.param, "optional")
    yield made
    made.proxy.stop()


REFUSED = ("wrong CA", "CA of the same name", "expired", "not yet valid", "of a server")


def refused(made: Set, client: str, version: ssl.TLSVersion) -> bool:
    """nginx ends the handshake well and answers 400; Apache ends the handshake."""
    word = made.proxy.word(made.context(client, version))
    return word == ("400" if made.proxy.container["command"][1].endswith("nginx.sh") else "refused")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_right_certificate_is_let_in(required: Set, version: ssl.TLSVersion) -> None:
    assert required.proxy.word(required.context("right", version)) == "200"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", ["none", *REFUSED])
def test_required_refuses(required: Set, client: str, version: ssl.TLSVersion) -> None:
    before = len(required.proxy.app.heads) if required.proxy.app else 0
    assert refused(required, client, version)
    assert required.proxy.app
    assert len(required.proxy.app.heads) == before, "the app saw it"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", REFUSED)
def test_optional_refuses_what_does_not_verify(optional: Set, client: str, version: ssl.TLSVersion) -> None:
    assert refused(optional, client, version)


def test_a_certificate_without_its_key_is_of_no_use(required: Set) -> None:
    mine, theirs = required.ca.client("mallory"), required.clients["right"]
    assert theirs
    with pytest.raises(ssl.SSLError, match="KEY_VALUES_MISMATCH"):
        Pair(theirs.cert, mine.key).load_into(ssl.create_default_context())


SPELLINGS = ("X-Client-Subject", "x-client-subject", "X_Client_Subject", "X-Client_Subject", "X_CLIENT-SUBJECT")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_subject_reaches_the_app_and_cannot_be_forged(required: Set, spelling: str) -> None:
    seen = required.proxy.seen(required.context("right"), f"{spelling}: CN=admin")
    assert seen.all("X-Client-Subject") == ["CN=billing"]
    assert not [name for name in seen.names if name.replace("_", "-") == "x-client-subject" and "_" in name]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_without_a_certificate_there_is_no_subject(optional: Set, spelling: str) -> None:
    seen = optional.proxy.seen(optional.context("none"), f"{spelling}: CN=admin", f"{spelling}: CN=root")
    assert seen.all("X-Client-Subject") == []
    assert not any("CN=" in value for _, value in seen.echo["headers"])
    assert optional.proxy.seen(optional.context("right")).all("X-Client-Subject") == ["CN=billing"]


def test_connection_cannot_name_the_subject_away(required: Set) -> None:
    seen = required.proxy.seen(required.context("right"), "Connection: X-Client-Subject")
    assert seen.all("X-Client-Subject") == ["CN=billing"]


def test_the_status_port_asks_nobody(required: Set) -> None:
    for path in ("/alive", "/ready"):
        assert required.proxy.get(required.context("none"), name=None, port="status", path=path).status == 200
    assert required.proxy.app
    head = required.proxy.app.heads[-1].lower()
    assert b"subject" not in head.replace(b"x-client-subject: \r\n", b"")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("origin", ["status", "https"])
def test_no_session_gets_around_the_check(required: Set, version: ssl.TLSVersion, origin: str) -> None:
    """A session of the status port has no client; one of the port itself would outlive the client's certificate."""
    plain = trusting(required.run.outputs["ca_cert_pem"], None, version)
    client = required.context("right", version) if origin == "https" else plain
    with required.proxy.wire(client, port=origin) as wire:
        wire.get("/alive")
        session = wire.tls.session
    raw = socket.create_connection(("127.0.0.1", required.proxy.port), 10)
    outcome = "refused"
    try:
        with client.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            assert not tls.session_reused
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            outcome = tls.recv(20).split(b" ")[1].decode() if client is not plain else tls.recv(20)[9:12].decode()
    except (ssl.SSLError, ConnectionResetError):
        pass
    assert outcome == "200" if origin == "https" else outcome in ("400", "refused", "")


# --- a client CA that changes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("source", ["pem", "config_map"])
def test_a_changed_client_ca_is_followed(proxy: ProxyKind, source: str) -> None:
    made = Set(proxy, "required", source)
    new = Ca("clients")  # of the very same name
    made.clients["new"] = new.client("billing")
    try:
        assert made.proxy.word(made.context("right")) == "200"
        assert refused(made, "new", ssl.TLSVersion.TLSv1_3)
        old_session = _session(made, "right")
        mounted = made.proxy.mounts["client-ca" if source == "config_map" else "proxy-config"]
        name = "ca.crt" if source == "config_map" else "client-ca.crt"
        kept = {file.name: file.read_text() for file in mounted.folder.iterdir() if file.name[0] != "."}
        mounted.write({**kept, name: new.pem})
        until(lambda: made.proxy.word(made.context("new")) == "200", "the new CA")
        until(lambda: refused(made, "right", ssl.TLSVersion.TLSv1_3), "the old CA to be gone")
        assert _resumed(made, old_session) != "200"
        # A broken file is not taken; what was there goes on.
        mounted.write({**kept, name: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
        time.sleep(3)
        assert made.proxy.word(made.context("new")) == "200"
        mounted.write({**kept, name: made.ca.pem})
        until(lambda: made.proxy.word(made.context("right")) == "200", "the first CA again")
    finally:
        made.proxy.stop()


def _session(made: Set, client: str) -> tuple[ssl.SSLContext, Any]:
    context = made.context(client, ssl.TLSVersion.TLSv1_2)
    with made.proxy.wire(context) as wire:
        wire.get("/")
        return context, wire.tls.session


def _resumed(made: Set, session: tuple[ssl.SSLContext, Any]) -> str:
    raw = socket.create_connection(("127.0.0.1", made.proxy.port), 10)
    try:
        with session[0].wrap_socket(raw, server_hostname="localhost", session=session[1]) as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return tls.recv(20)[9:12].decode()
    except (ssl.SSLError, ConnectionResetError):
        return "refused"


# --- other protocols --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("required", [True, False])
def test_a_wsgi_app_cannot_be_told_a_subject(proxy: ProxyKind, required: bool, start: Start) -> None:
    """A WSGI app finds headers in variables, where hyphens and underscores are the same."""
    ca = Ca("clients")
    file = Path(tempfile.mkdtemp()) / "clients.crt"
    file.parent.chmod(0o755)
    file.write_text(ca.pem)
    stack = start(PairOfProtocols(proxy, "uwsgi-tcp"), client_auth=ClientAuth(str(file), required))
    clients = {"CN=billing": ca.client("billing"), **({} if required else {"": None})}
    for subject, client in clients.items():
        context = stack.authority.context()
        with Wire(stack.site.https_port, client.load_into(context) if client else context) as wire:
            environ = seen(wire.get("/echo", *(f"{spelling}: CN=admin" for spelling in SPELLINGS)).body).environ
        assert environ.get("HTTP_X_CLIENT_SUBJECT", "") == subject
        assert "CN=admin" not in environ.values()
    file.unlink()
    file.parent.rmdir()
