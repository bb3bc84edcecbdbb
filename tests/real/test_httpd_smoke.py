"""What only Apache has: its script that reloads certificates, its modules' folders; every kind of site starts."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_sidecar.ports import listens
from pulumi_sidecar.proxy import httpd
from pulumi_sidecar.proxy.site import ClientAuth, FastCgi, Grpc, Http, Site, Static, Tcp, TlsFiles, UnixSocket, Uwsgi
from tests.support import servers
from tests.support.certs import Authority, Leaf, SecretVolume
from tests.support.servers import Server, until


class Place:
    """A site's files on this machine, and the server that runs them."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.folder, self.config, self.work = folder, folder / "config", folder / "work"
        self.config.mkdir()
        self.work.mkdir()
        self.work.chmod(0o777)
        self.authority = Authority()
        group = servers.NOBODY if os.geteuid() == 0 else os.getgid()
        self.tls = SecretVolume(folder / "tls", self.authority.leaf(), group)
        self.server: Server | None = None

    def site(self, **changes: object) -> Site:
        """A site with free ports, written to disk."""
        tls = TlsFiles(f"{self.folder}/tls/tls.crt", f"{self.folder}/tls/tls.key")
        https, status, app = (servers.free_port() for _ in range(3))
        site = Site(Http(Tcp(app)), tls, str(self.work), https, status, listen_hosts=("127.0.0.1",))
        site = replace(site, **changes)  # type: ignore[arg-type]  # fields by name
        for name, text in httpd.render(site, str(self.config)).items():
            (self.config / name).write_text(text)
        return site

    def start(self, *command: str) -> Server:
        """Start it with that command."""
        path = f"{os.environ['PATH']}:{Path(servers.httpd_binary()).parent}"
        environment = {"PULUMI_SIDECAR_RELOAD_SECONDS": "1", "PATH": path}
        self.server = Server(command, self.folder, "httpd", nobody=True, env=environment)
        return self.server

    def serial(self, site: Site) -> int:
        """The serial number of the certificate that is served."""
        context = self.authority.context()
        with (
            socket.create_connection(("127.0.0.1", site.https_port), 10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as wrapped,
        ):
            found = wrapped.getpeercert()
            assert found
            return int(str(found["serialNumber"]), 16)


@pytest.fixture
def place() -> Iterator[Place]:
    servers.need(servers.httpd_binary)
    with tempfile.TemporaryDirectory(prefix="pulumi-sidecar-") as folder:  # pytest's own is closed to other users
        place = Place(Path(folder))
        yield place
        if place.server is not None:
            place.server.stop()


def script(place: Place) -> Server:
    """As the pod's container starts it."""
    return place.start(*httpd.command(str(place.config), str(place.tls.folder)))


SITES: dict[str, dict[str, object]] = {
    "http": {},
    "unix": {"backend": Http(UnixSocket("/run/app/http.sock")), "buffer_requests": False, "websockets": False},
    "uwsgi": {"backend": Uwsgi(UnixSocket("/run/app/u.sock"), "/my%20shop"), "static": (Static("/s/", "/srv"),)},
    "fastcgi": {"backend": FastCgi(Tcp(9000), "/shop", "/srv/app/index.php"), "http2": False},
    "grpc": {"backend": Grpc(Tcp(50051)), "max_body_bytes": 0},
    "proxies": {"trusted_proxies": ("0.0.0.0/0", "::/0"), "access_log": "combined"},
    "proxy protocol": {"trusted_proxies": ("10.0.0.0/8",), "proxy_protocol": True, "access_log": "off"},
    "names": {"host_names": ("web.example.com", "web.*"), "hsts": "max-age=1; includeSubDomains"},
    "plain": {"tls": None},
}


@pytest.mark.parametrize("changes", SITES.values(), ids=SITES)
def test_every_kind_of_site_starts(place: Place, changes: dict[str, object]) -> None:
    site = place.site(redirect_port=servers.free_port(), **changes)
    server = place.start(servers.httpd_binary(), "-f", str(place.config / httpd.FILE), "-DFOREGROUND")
    server.wait_until(lambda: listens(site.https_port) and listens(site.status_port))
    said = server.stderr.read_text()
    assert ":error]" not in said
    assert ":crit]" not in said


def test_modules_elsewhere(place: Place) -> None:
    """As in the official image, but for a place that this file does not know; built-in modules are not loaded again."""
    known = [Path("/usr/local/apache2/modules"), Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules")]
    modules = next((folder for folder in known if folder.is_dir()), None)
    if modules is None:
        pytest.skip("the modules' folder is not known")
    elsewhere = place.folder / "modules"
    elsewhere.symlink_to(modules)
    place.site(client_auth=ClientAuth(f"{place.folder}/tls/tls.crt"))
    define = f"Define {httpd.MODULES_VARIABLE} {elsewhere}"
    command = [servers.httpd_binary(), "-C", define, "-f", str(place.config / httpd.FILE), "-t", "-D", "DUMP_MODULES"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "log_config_module" in done.stdout
    assert "mpm_event_module" in done.stdout


def test_a_renewed_certificate_is_served_and_a_wrong_pair_is_not(place: Place) -> None:
    site = place.site()
    server = script(place)
    server.wait_until(lambda: listens(site.https_port))
    first = place.serial(site)
    good, other = place.authority.leaf(), place.authority.leaf()
    place.tls.write(Leaf(good.certificate, other.key, good.serial))
    until(lambda: "going on with the old one" in server.stderr.read_text(), "the wrong pair to be refused")
    assert place.serial(site) == first
    place.tls.write(good)
    until(lambda: place.serial(site) == good.serial, "the new certificate")
    assert b"PRIVATE KEY" not in server.stderr.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGWINCH])
def test_the_script_ends_with_its_server(place: Place, number: signal.Signals) -> None:
    site = place.site(drain_seconds=1)
    server = script(place)
    server.wait_until(lambda: listens(site.https_port) and (place.work / "httpd.pid").exists())
    pid = int((place.work / "httpd.pid").read_text())
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    ours = children.read_text().split() if children.exists() else [str(pid)]
    assert str(pid) in ours
    assert server.stop(number) == 0
    for each in ours:
        assert not Path(f"/proc/{each}").exists()


def test_a_websocket_does_not_hold_up_the_end(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as app:
        site = place.site(backend=Http(Tcp(app.getsockname()[1])), drain_seconds=1)
        server = script(place)
        server.wait_until(lambda: listens(site.https_port))
        context = place.authority.context()
        client: ssl.SSLSocket = context.wrap_socket(
            socket.create_connection(("127.0.0.1", site.https_port), 20), server_hostname="localhost"
        )
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        connection, _ = app.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 101")
        assert server.stop(signal.SIGTERM) == 0
        assert client.recv(10) == b""
        client.close()
        connection.close()


def test_a_configuration_that_does_not_load_ends_the_script(place: Place) -> None:
    place.site()
    (place.config / httpd.FILE).write_text("Nonsense\n")
    server = script(place)
    assert server.process.wait(20) == 1
