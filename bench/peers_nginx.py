"""nginx by hand: what tutorials show, and the best that we know."""

from __future__ import annotations

from pathlib import Path

from bench.site import Site, nginx, user

_TUTORIAL = """
worker_processes auto;
pid {place}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    {temporary}
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
    access_log {place}/access.log main;
    sendfile on;
    keepalive_timeout 65;
    server {{
        listen 127.0.0.1:{port} ssl;
        http2 on;
        server_name localhost;
        ssl_certificate {site.certificate};
        ssl_certificate_key {site.key};
        location / {{
            proxy_pass http://127.0.0.1:{site.app_port};
            {version}
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""
_BEST = """
worker_processes 2;
worker_rlimit_nofile 16384;
pid {place}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    {temporary}
    access_log off;
    keepalive_requests 100000000;
    ssl_session_cache shared:tls:10m;
    ssl_protocols TLSv1.2 TLSv1.3;
    upstream app {{
        server 127.0.0.1:{site.app_port};
        keepalive 512;
        keepalive_requests 100000000;
        keepalive_timeout 60s;
    }}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        http2 on;
        ssl_certificate {site.certificate};
        ssl_certificate_key {site.key};
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_buffer_size 16k;
            proxy_buffers 16 32k;
            proxy_busy_buffers_size 64k;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""


def tutorial(site: Site, port: int, place: Path) -> list[str]:
    """proxy_pass to a literal address, and nginx.conf as its images have it."""
    return _written(_TUTORIAL, site, port, place)


def tutorial_before(site: Site, port: int, place: Path) -> list[str]:
    """The same where connections to the app are not kept, as every nginx before 1.29.7 has it."""
    return _written(_TUTORIAL, site, port, place, 'proxy_http_version 1.0; proxy_set_header Connection "close";')


def best(site: Site, port: int, place: Path) -> list[str]:
    """Without a log, without a limit, and nothing that the load does not need."""
    return _written(_BEST, site, port, place)


def _written(text: str, site: Site, port: int, place: Path, version: str = "") -> list[str]:
    config = place / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {place}/{kind};" for kind in kinds)
    config.write_text(user() + text.format(site=site, port=port, place=place, version=version, temporary=temporary))
    return nginx(config)
