"""Pairs of a proxy and a protocol, and a running stack of proxy and app for each."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, assert_never

import httpx

from pulumi_sidecar.ports import listens
from pulumi_sidecar.proxy import httpd, nginx
from pulumi_sidecar.proxy.site import Address, Backend, Http, Site, Tcp, TlsFiles, TlsProfile, UnixSocket, Uwsgi
from tests.support import servers
from tests.support.app import HttpApp
from tests.support.certs import Authority, KeyType, Leaf, SecretVolume
from tests.support.servers import Server
from tests.support.wire import Wire

ProxyKind = Literal["nginx", "apache"]
Protocol = Literal["http-tcp", "http-unix", "uwsgi-unix", "uwsgi-tcp"]


@dataclass(frozen=True)
class Pair:
    """A proxy, and what it speaks to the app."""

    proxy: ProxyKind
    protocol: Protocol

    def __str__(self) -> str:
        return f"{self.proxy}-{self.protocol}"

    @property
    def is_http(self) -> bool:
        """Whether the app speaks HTTP."""
        return self.protocol.startswith("http")


NGINX_PAIRS = (
    Pair("nginx", "http-tcp"),
    Pair("nginx", "http-unix"),
    Pair("nginx", "uwsgi-unix"),
    Pair("nginx", "uwsgi-tcp"),
)
APACHE_PAIRS = (
    Pair("apache", "http-tcp"),
    Pair("apache", "http-unix"),
    Pair("apache", "uwsgi-unix"),
    Pair("apache", "uwsgi-tcp"),
)
PAIRS = (*NGINX_PAIRS, *APACHE_PAIRS)
"""Every row of the table runs over these."""
HTTP_PAIRS = tuple(pair for pair in PAIRS if pair.is_http)
"""For what only apps that speak HTTP do: websockets, connections kept open."""
PROXIES = tuple({pair.proxy: pair for pair in reversed(PAIRS)}.values())
"""One pair for each proxy, for what concerns clients only: TLS, redirects, logs."""

HSTS = "max-age=63072000"


@dataclass(frozen=True)
class Seen:
    """A request as the app saw it."""

    echo: dict[str, Any]

    @property
    def method(self) -> str:
        """The method."""
        return str(self.echo["method"])

    @property
    def target(self) -> str:
        """The raw request target."""
        return str(self.echo["target"])

    @property
    def body(self) -> tuple[int, str]:
        """The body's size and SHA-256."""
        return self.echo["body_bytes"], self.echo["body_sha256"]

    def all(self, name: str) -> list[str]:
        """All values of a header that the app got; empty ones count as absent, which they are for a WSGI app."""
        return [value for key, value in self.echo["headers"] if key.lower() == name.lower() and value]

    @property
    def names(self) -> set[str]:
        """The names of all headers, in lower case."""
        return {key.lower() for key, _ in self.echo["headers"]}

    @property
    def environ(self) -> dict[str, str]:
        """The WSGI environment's strings."""
        return dict(self.echo["environ"])

    @property
    def scheme(self) -> str:
        """What the app takes for the scheme."""
        return str(self.echo["scheme"]) if "scheme" in self.echo else ",".join(self.all("X-Forwarded-Proto"))

    @property
    def client(self) -> str:
        """What the app takes for the client's address."""
        return self.environ["REMOTE_ADDR"] if "environ" in self.echo else ",".join(self.all("X-Forwarded-For"))


def seen(body: bytes) -> Seen:
    """What the app saw, from its answer."""
    return Seen(json.loads(body))


class UwsgiApp:
    """The Flask app under uWSGI, with the interface of HttpApp."""

    def __init__(self, address: tuple[str, int] | Path, folder: Path) -> None:
        self._address, self.folder = address, folder
        self.start()

    def start(self) -> None:
        """Start (again)."""
        if isinstance(self._address, Path):
            path = self._address
            path.unlink(missing_ok=True)
            self.server = servers.start_uwsgi(str(path), self.folder)
            # uWSGI opens it to others a moment after it has made it.
            self.server.wait_until(lambda: path.is_socket() and bool(path.stat().st_mode & stat.S_IWOTH))
        else:
            host, port = self._address
            self.server = servers.start_uwsgi(f"{host}:{port}", self.folder)
            self.server.wait_until(lambda: listens(port))

    def stop(self) -> None:
        """Stop it at once, and its workers with it."""
        self.server.kill()
        if isinstance(self._address, Path):
            self._address.unlink(missing_ok=True)

    def targets(self) -> list[str]:
        """The request targets of all requests so far."""
        log = self.folder / "requests.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


App = HttpApp | UwsgiApp


def _site(pair: Pair, folder: Path, profile: TlsProfile) -> Site:
    address: Address = UnixSocket(f"{folder}/app.sock") if "unix" in pair.protocol else Tcp(servers.free_port())
    return Site(
        backend=_backend(pair, address),
        tls=TlsFiles(f"{folder}/tls/tls.crt", f"{folder}/tls/tls.key", profile),
        work_dir=f"{folder}/work",
        https_port=servers.free_port(),
        status_port=servers.free_port(),
        redirect_port=servers.free_port(),
        public_port=443,
        listen_hosts=("127.0.0.1",),
        hsts=HSTS,
    )


def _backend(pair: Pair, address: Address) -> Backend:
    match pair.protocol:
        case "http-tcp" | "http-unix":
            return Http(address)
        case "uwsgi-unix" | "uwsgi-tcp":
            return Uwsgi(address)
        case _:
            assert_never(pair.protocol)


class Stack:
    """A proxy with generated configuration, and an app behind it."""

    def __init__(
        self,
        pair: Pair,
        *,
        authority: Authority | None = None,
        key: KeyType = "ec",
        profile: TlsProfile = "intermediate",
        app_running: bool = True,
        idle_seconds: float | None = None,
        edit: Callable[[str], str] = lambda text: text,
        **changes: Any,
    ) -> None:
        self.pair = pair
        self.authority = authority or Authority()
        self.folder = Path(tempfile.mkdtemp(prefix="pulumi-sidecar-"))
        self.folder.chmod(0o777)
        self._app: App | None = None
        self._edit = edit
        self._group = servers.NOBODY if os.geteuid() == 0 else os.getgid()
        self.leaf = self.authority.leaf(key)
        self.tls = SecretVolume(self.folder / "tls", self.leaf, self._group)
        (self.folder / "work").mkdir()
        (self.folder / "work").chmod(0o777)
        self.site = replace(_site(pair, self.folder, profile), **changes)
        self._idle_seconds = idle_seconds
        try:
            if app_running:
                self.start_app()
            self._start_proxy()
        except BaseException:
            self.stop()
            raise

    # --- starting and stopping

    def start_app(self) -> None:
        """Start the app."""
        match self.site.backend.address:
            case Tcp(port=port, host=host):
                address: tuple[str, int] | Path = (host, port)
            case UnixSocket(path=path):
                address = Path(path)
        self._app = (
            HttpApp(address, self.folder, self._idle_seconds) if self.pair.is_http else UwsgiApp(address, self.folder)
        )

    @property
    def app(self) -> App:
        """The app."""
        assert self._app is not None
        return self._app

    @property
    def http_app(self) -> HttpApp:
        """The app that speaks HTTP."""
        assert isinstance(self._app, HttpApp)
        return self._app

    def write_config(self) -> Path:
        """Write the generated files; the path of the main one."""
        config_dir = self.folder / "config"
        match self.pair.proxy:
            case "nginx":
                files, main = {nginx.FILE: nginx.render(self.site)}, nginx.FILE
            case "apache":
                files, main = httpd.render(self.site, str(config_dir)), httpd.FILE
            case _:
                assert_never(self.pair.proxy)
        config_dir.mkdir(exist_ok=True)
        for name, text in files.items():
            (config_dir / name).write_text(self._edit(text))
        return config_dir / main

    def _start_proxy(self) -> None:
        start = servers.start_nginx if self.pair.proxy == "nginx" else servers.start_httpd
        self.proxy: Server = start(self.write_config(), self.folder)
        self.proxy.wait_until(lambda: listens(self.site.https_port))

    def reload(self) -> None:
        """Have the proxy read its files again without dropping a request."""
        self.proxy.send_signal(signal.SIGHUP if self.pair.proxy == "nginx" else signal.SIGUSR1)

    def quit(self) -> None:
        """Ask the proxy to stop once its requests are done."""
        self.proxy.send_signal(signal.SIGQUIT if self.pair.proxy == "nginx" else signal.SIGWINCH)

    def stop(self) -> None:
        """Stop everything, and take the folder away."""
        if hasattr(self, "proxy"):
            self.proxy.stop()
        if self._app is not None:
            self._app.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_leaf(self) -> Leaf:
        """A certificate of the same CA in place of the present one, as the kubelet replaces it."""
        leaf = self.authority.leaf()
        self.tls.write(leaf)
        return leaf

    # --- asking

    def url(self, path: str = "") -> str:
        """The site's URL."""
        return f"https://localhost:{self.site.https_port}{path}"

    def client(self, *, http2: bool = False, **options: Any) -> httpx.Client:
        """A client that trusts only this CA, strictly."""
        return httpx.Client(
            base_url=self.url(),
            verify=self.authority.context(),
            http1=not http2,
            http2=http2,
            timeout=30,
            trust_env=False,
            **options,
        )

    def wire(self, port: int | None = None) -> Wire:
        """A raw connection with TLS."""
        return Wire(port or self.site.https_port, self.authority.context())

    def wire_http2(self) -> Wire:
        """A raw connection that negotiated HTTP/2."""
        wire = Wire(self.site.https_port, self.authority.context(alpn=("h2",)))
        assert wire.tls.selected_alpn_protocol() == "h2"
        return wire

    def gate(self, name: str) -> Path:
        """The file that opens a gate of the app once it exists."""
        return self.folder / name

    def access_log(self) -> list[bytes]:
        """The lines of the access log so far."""
        return self.proxy.stdout.read_bytes().splitlines()

    def servers(self) -> list[Server]:
        """The processes of this stack."""
        found = [self.proxy] if hasattr(self, "proxy") else []
        return [*found, self._app.server] if isinstance(self._app, UwsgiApp) else found
