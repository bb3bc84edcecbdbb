"""The parts of httpd.conf that are about the server itself: modules, processes, TLS, clients, files."""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote

from pulumi_sidecar.proxy import httpd_backend
from pulumi_sidecar.proxy.mime import TYPES
from pulumi_sidecar.proxy.site import Site, Static, Uwsgi
from pulumi_sidecar.proxy.text import Block, Comment, Node, Raw, block, httpd_text, httpd_value
from pulumi_sidecar.proxy.tls_policy import POLICIES

MODULES_VARIABLE = "sidecar_modules"
"""The folder of the modules: found where the official image, Debian, Alpine and RHEL have it, and for any other place
given on the command line: -C "Define sidecar_modules /path"."""
_MODULES_DIRS = (
    "/usr/local/apache2/modules",
    "/usr/lib/apache2/modules",
    "/usr/lib/apache2",
    "/usr/lib64/httpd/modules",
    "/opt/bitnami/apache/modules",
)

# --- the process ------------------------------------------------------------------------------------------------------


def modules(site: Site) -> Raw:
    """The modules that the site needs."""
    names = ["mpm_event", "unixd", "authz_core", "log_config", "logio", "ssl", "socache_shmcb"]
    names += ["http2"] if site.http2 and site.tls else []
    names += ["reqtimeout", "headers", "setenvif", "env", "alias", "rewrite", "asis", "mime", "proxy"]
    names += httpd_backend.modules(site)
    names += ["allowmethods"] if site.static else []
    names += ["lua"] if site.max_body_bytes else []
    names += ["status"] if site.metrics_port else []
    names += ["remoteip"] if site.trusted_proxies or site.proxy_protocol else []
    return _loaded(tuple(names))


@cache
def _loaded(names: tuple[str, ...]) -> Raw:
    """Where modules are, and these of them. Some servers have some of them built in, and refuse to load them again.

    Text that is made once: it is a quarter of the file, and few sites need others than the rest.
    """
    folders = [
        block(
            f"IfDefine !{MODULES_VARIABLE}", block(f"IfFile {path}/mod_proxy.so", f"Define {MODULES_VARIABLE} {path}")
        )
        for path in _MODULES_DIRS
    ]
    modules = [
        block(f"IfModule !{name}_module", f"LoadModule {name}_module ${{{MODULES_VARIABLE}}}/mod_{name}.so")
        for name in names
    ]
    return Raw(httpd_text([*folders, *modules]))


def _work(site: Site, name: str) -> str:
    return httpd_value(f"{site.work_dir}/{name}")


def _listen(site: Site, port: int) -> list[Node]:
    hosts = site.listen_hosts or ("0.0.0.0",)  # noqa: S104 (a server)
    return [f"Listen {f'[{host}]' if ':' in host else host}:{port}" for host in hosts]


def threads(site: Site) -> int:
    """Threads of one process: at least 512 in all, since every request under way takes one."""
    return max(64, -(-512 // site.worker_processes))


def process(site: Site) -> list[Node]:
    """Processes and threads, ports, and what is written where."""
    processes, each = site.worker_processes, threads(site)
    ports = [site.https_port, site.status_port, *([site.redirect_port] if site.redirect_port else [])]
    return [
        f"ServerRoot {httpd_value(site.work_dir)}",
        f"DefaultRuntimeDir {httpd_value(site.work_dir)}",
        f"PidFile {_work(site, 'httpd.pid')}",
        "ServerName localhost",
        "ErrorLog /proc/self/fd/2",
        "LogLevel warn",
        *(line for port in ports for line in _listen(site, port)),
        *([f"Listen 127.0.0.1:{site.metrics_port}", "ExtendedStatus On"] if site.metrics_port else []),
        Comment("Connections are taken at once: those that the kernel holds back are lost when the server stops."),
        "AcceptFilter http none",
        "AcceptFilter https none",
        Comment("A process for each CPU, from beginning to end; room for as many again that finish after a reload."),
        f"StartServers {processes}",
        f"ServerLimit {processes * 8}",
        f"ThreadLimit {each}",
        f"ThreadsPerChild {each}",
        f"MaxRequestWorkers {processes * each}",
        f"MinSpareThreads {processes}",
        f"MaxSpareThreads {processes * each}",
        Comment("Idle connections beside them, of about 100 KiB each. They are closed where there is no room."),
        "AsyncRequestWorkerFactor 2",
        "MaxConnectionsPerChild 0",
        Comment(
            "What a thread keeps of its memory after a request, in KiB. Less costs time, more is more than the limit."
        ),
        "MaxMemFree 256",
        Comment("Without this, one open websocket holds up a stopping server for ever."),
        f"GracefulShutdownTimeout {site.drain_seconds}",
    ]


def tls(site: Site) -> list[Node]:
    """What every TLS port speaks."""
    if site.tls is None:
        return []
    policy = POLICIES[site.tls.profile]
    return [
        f"SSLProtocol -all {' '.join(f'+{protocol}' for protocol in policy.protocols)}",
        f"SSLCipherSuite {':'.join(policy.tls12_ciphers)}" if policy.tls12_ciphers else None,
        "SSLHonorCipherOrder off",
        "SSLSessionTickets off",
        *_sessions(site),
    ]


def _sessions(site: Site) -> list[Node]:
    if site.client_auth:
        return [
            Comment("A resumed session is not verified again: it would outlive the client's certificate, and its CA."),
            "SSLSessionCache none",
        ]
    cache = f"{_plain(site.work_dir)}/tls-cache"
    return [f'SSLSessionCache "shmcb:{cache}(10485760)"', "SSLSessionCacheTimeout 86400"]


def _plain(path: str) -> str:
    if httpd_value(path) != path or any(character in path for character in "():"):
        raise ValueError(f"cannot be the path of the TLS session cache: {path!r}")
    return path


def certificate(site: Site) -> list[Node]:
    """For every virtual host that speaks TLS."""
    if site.tls is None:
        return []
    return [
        "SSLEngine on",
        f"SSLCertificateFile {httpd_value(site.tls.certificate)}",
        f"SSLCertificateKeyFile {httpd_value(site.tls.key)}",
    ]


def client_certificates(site: Site) -> list[Node]:
    """For the virtual host of clients: who they must be."""
    if site.client_auth is None:
        return []
    return [
        f"SSLCACertificateFile {httpd_value(site.client_auth.ca_file)}",
        f"SSLVerifyClient {'require' if site.client_auth.required else 'optional'}",
        "SSLVerifyDepth 4",
    ]


def names(site: Site) -> list[Node]:
    """For the virtual host of clients: its names, where others are refused, and its port, where Apache tells it."""
    own = httpd_value(site.host_names[0].replace("*", "x")) if site.host_names else "localhost"
    # Nothing else sets uWSGI's SERVER_PORT, nor the port to which directives of the user's redirect.
    tells = isinstance(site.backend, Uwsgi) or site.extra.server or site.extra.location
    port = f":{site.public_port}" if tells else ""
    return [
        f"ServerName {own}{port}" if site.host_names or port else None,
        f"ServerAlias {' '.join(httpd_value(name) for name in site.host_names)}" if site.host_names else None,
    ]


def refusing_host(site: Site) -> Block:
    """The first virtual host of the port, and so the one for every name that is none of ours, or for none."""
    return block(
        f"VirtualHost *:{site.https_port}",
        Comment("No handshake for a name that is none of ours: this cipher needs a secret that nobody has."),
        Comment("Without a name of its own it would have the server's, localhost, which is one of ours."),
        "ServerName nobody.invalid",
        certificate(site),
        client_certificates(site),
        "SSLProtocol -all +TLSv1.2",
        "SSLCipherSuite ECDHE-PSK-CHACHA20-POLY1305",
        "RemoteIPProxyProtocol On" if site.proxy_protocol else None,
        block('Location "/"', "Require all denied"),
    )


def trial(site: Site) -> list[Node]:
    """A server with nothing but the certificate: it starts only where that can be used."""
    return [
        Comment("Written by pulumi-sidecar: httpd.sh tries a renewed certificate with it, on a port of its own."),
        _loaded(("mpm_event", "unixd", "authz_core", "ssl")),
        f"ServerRoot {httpd_value(site.work_dir)}",
        f"DefaultRuntimeDir {httpd_value(site.work_dir)}",
        f"PidFile {_work(site, 'trial.pid')}",
        "ServerName localhost",
        "ErrorLog /proc/self/fd/2",
        "LogLevel crit",
        "StartServers 1",
        "ServerLimit 1",
        "ThreadsPerChild 1",
        "MaxRequestWorkers 1",
        "SSLSessionCache none",
        *certificate(site),
        *client_certificates(site),
        block('Location "/"', "Require all denied"),
    ]


# --- clients ----------------------------------------------------------------------------------------------------------


def clients(site: Site) -> list[Node]:
    """What clients may send, and how long they may take."""
    times = site.timeouts
    header, body = times.client_header_seconds, times.client_body_seconds
    return [
        "ServerTokens Prod",
        "ServerSignature Off",
        "TraceEnable off",
        "UseCanonicalName Off",
        "HttpProtocolOptions Strict LenientMethods Require1.0",
        f"Protocols {'h2 ' if site.http2 and site.tls else ''}http/1.1",
        "LimitRequestLine 16380",
        "LimitRequestFieldSize 16380",
        f"LimitRequestBody {site.max_body_bytes}",
        f"Timeout {body}",
        Comment("A body may come slowly, but for every second beyond the time-out a byte must have come."),
        f"RequestReadTimeout handshake={header} header={header} body={body},MinRate=1",
        "KeepAlive On",
        f"KeepAliveTimeout {times.keepalive_seconds}",
        "MaxKeepAliveRequests 10000",
    ]


def files(site: Site, config_dir: str) -> list[Node]:
    """Nothing but what the virtual hosts name."""
    return [
        Comment("No file is served but those named below."),
        block("Directory /", "Options None", "AllowOverride None", "Require all denied"),
        block(
            f"Directory {folder(config_dir)}",
            Comment("The files of a ConfigMap are links."),
            "Options FollowSymLinks",
            'SetHandler "send-as-is"',
            block('FilesMatch "\\\\.asis$"', "Require all granted"),
        ),
        "EnableMMAP Off",
        Comment("Servers have different lists of types, or none."),
        "TypesConfig /dev/null",
        *(f"AddType {name} {extensions}" for name, extensions in TYPES.items() if site.static),
    ]


def folder(path: str) -> str:
    """A folder as a section's argument, where *, ? and [ would stand for others."""
    if any(character in path for character in "*?[]<>"):
        raise ValueError(f"cannot be a folder of httpd.conf: {path!r}")
    return httpd_value(path.rstrip("/") or "/")


def static(static: Static) -> list[Node]:
    """For the virtual host of clients: files that Apache serves itself."""
    url = unquote(static.url_path)
    return [
        f"ProxyPass {httpd_value(url)} !",
        f"Alias {httpd_value(url)} {httpd_value(static.directory.rstrip('/') + '/')}",
        block(
            f"Directory {folder(static.directory)}",
            Comment("A link counts only where it belongs to whom the file belongs: none leads to others' files."),
            "Options SymLinksIfOwnerMatch",
            "AllowMethods GET HEAD OPTIONS",
            "Require all granted",
            f'Header set Cache-Control "public, max-age={static.max_age_seconds}"',
        ),
    ]
