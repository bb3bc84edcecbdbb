"""Site: what a proxy must do, as plain values. Renderers turn it into files; nothing here knows a server's syntax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

TlsProfile = Literal["intermediate", "modern"]
AccessLog = Literal["json", "combined", "off"]

ALIVE_PATH = "/alive"
"""On the status port: the proxy itself answers 200."""
STUB_STATUS_PATH = "/stub_status"
"""On the metrics port of nginx, its counts."""
SERVER_STATUS_PATH = "/server-status"
"""On the metrics port of Apache, with the query `auto`: its counts."""
READY_PATH = "/ready"
"""On the status port: 200 where the app answers as it should, asked through the proxy."""
PORT_PATTERN = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
"""A regular expression of PCRE for 1 to 65535."""


FRAMING = ("Content-Length", "Content-Type", "Transfer-Encoding")
"""Headers that say where a body ends, and what it is."""


@cache
def other_spellings(name: str) -> list[str]:
    """The name with underscores for some or all of its hyphens: WSGI and CGI apps cannot tell them apart."""
    head, *rest = name.split("-")
    spelled = (
        head + "".join(mark + part for mark, part in zip(marks, rest, strict=True))
        for marks in product("_-", repeat=len(rest))
    )
    return [spelling for spelling in spelled if spelling != name]


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP address of the app. The host is an IP address: names would be looked up."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A unix socket of the app, in a volume that both containers mount."""

    path: str


Address = Tcp | UnixSocket


@dataclass(frozen=True, slots=True)
class Http:
    """The app speaks HTTP/1.1."""

    address: Address


@dataclass(frozen=True, slots=True)
class Uwsgi:
    """The app speaks uWSGI's binary protocol. It runs code by design: the address is within the pod, always."""

    address: Address
    prefix: str = ""
    """The path under which the app is mounted ("/shop"): it arrives as SCRIPT_NAME and is taken off PATH_INFO. Requests
    elsewhere get 404. Empty: the app has the whole site."""


@dataclass(frozen=True, slots=True)
class FastCgi:
    """The app speaks FastCGI."""

    address: Address
    prefix: str = ""
    """As Uwsgi.prefix."""
    script: str = ""
    """SCRIPT_FILENAME for every request ("/srv/app/index.php"); empty: none is sent."""


@dataclass(frozen=True, slots=True)
class Grpc:
    """The app speaks gRPC over HTTP/2 without TLS (h2c)."""

    address: Address


Backend = Http | Uwsgi | FastCgi | Grpc
"""What the app speaks, and where."""


@dataclass(frozen=True, slots=True)
class Static:
    """Files that the proxy serves itself."""

    url_path: str
    """Begins and ends with a slash."""
    directory: str
    max_age_seconds: int = 3600
    """Cache-Control: public, max-age=…"""
    root: str = ""
    """The volume that `directory` is in: what somebody else than the server may write to. By default `directory`."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Directives in the server's own syntax, put into named places as they are."""

    server: str = ""
    """Within the server (virtual host) for HTTPS."""
    location: str = ""
    """Where requests are passed to the app."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the certificate (leaf first) and its key, and Mozilla's profile."""

    certificate: str
    key: str
    profile: TlsProfile = "intermediate"


@dataclass(frozen=True, slots=True)
class ClientAuth:
    """Client certificates."""

    ca_file: str
    """PEM of the CAs that sign them."""
    required: bool = True
    subject_header: str = "X-Client-Subject"
    """The header in which the app gets the verified subject; what clients send under this name is dropped."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the proxy waits, in seconds; args.proxy.Timeouts says for what."""

    connect_seconds: int = 5
    read_seconds: int = 60
    send_seconds: int = 60
    client_header_seconds: int = 15
    client_body_seconds: int = 60
    keepalive_seconds: int = 75


@dataclass(frozen=True, slots=True)
class Health:
    """How the status port asks the app whether it is ready."""

    path: str = "/"
    any_below_500: bool = True
    """Any answer below 500 counts; otherwise only those below 400."""
    host: str = "localhost"
    """The Host header of the question, and of requests that name none."""


@dataclass(frozen=True, slots=True)
class Site:
    """One proxy in front of one app."""

    backend: Backend
    tls: TlsFiles | None
    """None: plain HTTP, on every port."""
    work_dir: str
    """A folder that the proxy may write to: process id, temporary files, caches."""
    https_port: int = 8443
    status_port: int = 9443
    client_auth: ClientAuth | None = None
    host_names: tuple[str, ...] = ()
    """Where any are given, handshakes for other names (or none) are refused on `https_port`. "web.*" stands for any
    name that begins so."""
    metrics_port: int | None = None
    """A port of 127.0.0.1, whatever `listen_hosts` are, that tells what the server counts; None: nobody asks."""
    redirect_port: int | None = None
    """A port for plain HTTP, on which everything is sent to https."""
    public_port: int = 443
    """The port of https as clients see it."""
    listen_hosts: tuple[str, ...] = ()
    """The addresses to listen on; none is every IPv4 address. "::" is every IPv6 address and no other."""
    health: Health = Health()
    hsts: str | None = None
    """The value of Strict-Transport-Security; None leaves the header to the app."""
    max_body_bytes: int = 64 * 2**20
    """0 is no limit."""
    buffer_requests: bool = True
    buffer_responses: bool = False
    timeouts: Timeouts = Timeouts()
    websockets: bool = True
    http2: bool = True
    access_log: AccessLog = "json"
    log_file: str = "/dev/stdout"
    worker_processes: int = 2
    static: tuple[Static, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """CIDRs of peers whose X-Forwarded-For, -Proto, -Host and -Port are believed. Nobody else's are. Where they tell a
    scheme and no port, it is the scheme's own."""
    proxy_protocol: bool = False
    """Connections to `https_port` and `redirect_port` begin with a PROXY protocol header, from a trusted peer."""
    extra: Extra = Extra()
    drain_seconds: int = 10
    """How long requests under way may still take after the signal to stop."""

    @property
    def believes_headers(self) -> bool:
        """Whether any peer's X-Forwarded-* is believed. Behind the PROXY protocol they are the client's own."""
        return bool(self.trusted_proxies) and not self.proxy_protocol


def halved(networks: tuple[str, ...]) -> list[str]:
    """Networks for servers that take no whole address space (Apache knows no network of no bits, and to nginx's `geo`
    it would be a second default): one is written as its halves."""
    whole = {"0.0.0.0/0": ("0.0.0.0/1", "128.0.0.0/1"), "::/0": ("::/1", "8000::/1")}
    return [part for network in networks for part in whole.get(network, (network,))]
