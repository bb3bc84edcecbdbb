"""FastCGI and gRPC, before both proxies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from pulumi_sidecar.ports import listens
from pulumi_sidecar.proxy import httpd, nginx
from pulumi_sidecar.proxy.site import Backend, FastCgi, Grpc, Site, Tcp, TlsFiles
from tests.support import servers
from tests.support.certs import Authority, SecretVolume
from tests.support.fastcgi import responder

pytestmark = pytest.mark.parametrize("proxy", ["nginx", "apache"])
Start = Callable[..., tuple[Site, Authority]]


@pytest.fixture
def start(proxy: str) -> Iterator[Start]:
    """Starts a proxy before an app."""
    with tempfile.TemporaryDirectory(prefix="pulumi-sidecar-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        for inner in ("config", "work"):
            (folder / inner).mkdir()
        (folder / "work").chmod(0o777)

        def run(backend: Backend, **changes: Any) -> tuple[Site, Authority]:
            authority = Authority()
            group = servers.NOBODY if os.geteuid() == 0 else os.getgid()
            SecretVolume(folder / "tls", authority.leaf(), group)
            tls = TlsFiles(f"{folder}/tls/tls.crt", f"{folder}/tls/tls.key")
            ports = [servers.free_port() for _ in range(2)]
            site = replace(Site(backend, tls, str(folder / "work"), *ports, listen_hosts=("127.0.0.1",)), **changes)
            config = folder / "config"
            files = nginx.files(site, str(config)) if proxy == "nginx" else httpd.render(site, str(config))
            for file, text in files.items():
                (config / file).write_text(text)
            if proxy == "nginx":
                server = servers.start_nginx(config / nginx.FILE, folder)
            else:
                server = servers.start_httpd(config / httpd.FILE, folder)
            stack.callback(server.stop)
            server.wait_until(lambda: listens(site.https_port) and listens(site.status_port))
            return site, authority

        yield run


def client(site: Site, authority: Authority) -> httpx.Client:
    return httpx.Client(base_url=f"https://localhost:{site.https_port}", verify=authority.context(), timeout=30)


def test_fastcgi_gets_what_cgi_programs_expect(start: Start, proxy: str) -> None:
    with responder() as port:
        site, authority = start(FastCgi(Tcp(port), script="/srv/app/index.php"))
        with client(site, authority) as web:
            answer = web.post(
                "/a%20b//c?x=1", content=b"hello", headers={"X-Forwarded-For": "6.6.6.6", "Proxy": "evil"}
            )
            seen = answer.json()
            assert (answer.status_code, seen["body"]) == (200, 5)
            given = seen["parameters"]
            assert given["SCRIPT_FILENAME"] == "/srv/app/index.php"
            assert given["REQUEST_METHOD"] == "POST"
            assert given["REQUEST_URI"] == "/a%20b//c?x=1"
            assert given["QUERY_STRING"] == "x=1"
            assert given["PATH_INFO"] == "/a b//c"
            assert given["CONTENT_LENGTH"] == "5"
            assert given["REMOTE_ADDR"] == given["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
            assert given["HTTP_X_FORWARDED_PROTO"] == "https"
            assert given["HTTPS"] == "on"
            assert "HTTP_PROXY" not in given
            assert web.get("/?status=404").status_code == 404
            assert [web.get("/").status_code for _ in range(20)] == [200] * 20


def test_fastcgi_below_a_path(start: Start, proxy: str) -> None:
    with responder() as port:
        site, authority = start(FastCgi(Tcp(port), "/shop"))
        with client(site, authority) as web:
            given = web.get("/shop/cart").json()["parameters"]
            assert (given["SCRIPT_NAME"], given["PATH_INFO"]) == ("/shop", "/cart")
            assert web.get("/elsewhere").status_code == 404


def test_fastcgi_gets_the_port_that_clients_use(start: Start, proxy: str) -> None:
    with responder() as port:
        site, authority = start(FastCgi(Tcp(port), "/shop"), public_port=4443)
        with client(site, authority) as web:
            given = web.get("/shop//x", headers={"X-Forwarded-Port": "666", "X-Forwarded-Proto": "http"}).json()
        with httpx.Client(verify=authority.context(), timeout=30) as kubelet:
            assert kubelet.get(f"https://localhost:{site.status_port}/ready").status_code == 200
    given = given["parameters"]
    assert (given["SERVER_PORT"], given["REQUEST_SCHEME"], given["HTTPS"]) == ("4443", "https", "on")
    assert (given["SCRIPT_NAME"], given["PATH_INFO"]) == ("/shop", "//x")
    assert not {"SCRIPT_URI", "SCRIPT_URL"} & given.keys(), "mod_rewrite's own, with the container's port"


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, ("4443", "https", "on")),
        ({"X-Forwarded-Proto": "HTTP"}, ("80", "http", None)),
        ({"X-Forwarded-Proto": "https"}, ("443", "https", "on")),
        ({"X-Forwarded-Proto": "http", "X-Forwarded-Port": "8080"}, ("8080", "http", None)),
        ({"X-Forwarded-Port": "x"}, ("4443", "https", "on")),
    ],
)
def test_fastcgi_behind_a_trusted_peer(
    start: Start, proxy: str, headers: dict[str, str], told: tuple[str, ...]
) -> None:
    with responder() as port:
        site, authority = start(FastCgi(Tcp(port)), public_port=4443, trusted_proxies=("127.0.0.1/32",))
        with client(site, authority) as web:
            given = web.get("/", headers=headers).json()["parameters"]
    assert (given["SERVER_PORT"], given["REQUEST_SCHEME"], given.get("HTTPS")) == told
    assert (given["HTTP_X_FORWARDED_PORT"], given["HTTP_X_FORWARDED_PROTO"]) == told[:2]


def test_fastcgi_in_clear_behind_a_proxy_that_ends_tls(start: Start, proxy: str) -> None:
    with responder() as port:
        site, _ = start(FastCgi(Tcp(port)), tls=None, public_port=80, trusted_proxies=("127.0.0.1/32",))
        with httpx.Client(base_url=f"http://localhost:{site.https_port}", timeout=30) as web:
            given = web.get("/", headers={"X-Forwarded-Proto": "https"}).json()["parameters"]
            assert (given["SERVER_PORT"], given["REQUEST_SCHEME"], given["HTTPS"]) == ("443", "https", "on")
            given = web.get("/").json()["parameters"]
            assert (given["SERVER_PORT"], given["REQUEST_SCHEME"], given.get("HTTPS")) == ("80", "http", None)


def test_fastcgi_app_that_is_not_there(start: Start, proxy: str) -> None:
    site, authority = start(FastCgi(Tcp(servers.free_port())))
    with client(site, authority) as web:
        assert web.get("/").status_code == 502
        with httpx.Client(verify=authority.context(), timeout=30) as kubelet:
            assert kubelet.get(f"https://localhost:{site.status_port}/alive").status_code == 200
            assert kubelet.get(f"https://localhost:{site.status_port}/ready").status_code >= 500


# --- gRPC -------------------------------------------------------------------------------------------------------------


class _Echo(grpc.GenericRpcHandler):
    """Every kind of call, without generated code: messages are bytes."""

    def service(self, handler_call_details: Any) -> Any:
        match handler_call_details.method:
            case "/test.Echo/Once":
                return grpc.unary_unary_rpc_method_handler(self._once)
            case "/test.Echo/Many":
                return grpc.stream_stream_rpc_method_handler(self._many)
            case "/test.Echo/Refuse":
                return grpc.unary_unary_rpc_method_handler(self._refuse)
            case _:
                return None

    def _once(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("seen-scheme", dict(context.invocation_metadata())["x-forwarded-proto"]),))
        return request

    def _many(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:  # noqa: ARG002
        yield from requests

    def _refuse(self, request: bytes, context: grpc.ServicerContext) -> bytes:  # noqa: ARG002 (gRPC's signature)
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now")
        raise AssertionError


@pytest.fixture
def app() -> Iterator[int]:
    """A gRPC server without TLS."""
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[_Echo()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


def test_grpc_calls_of_every_kind(start: Start, app: int, proxy: str) -> None:
    site, authority = start(Grpc(Tcp(app)))
    credentials = grpc.ssl_channel_credentials(authority.pem)
    with grpc.secure_channel(f"localhost:{site.https_port}", credentials) as channel:
        reply, call = channel.unary_unary("/test.Echo/Once").with_call(b"x" * 1_000_000, timeout=30)
        assert reply == b"x" * 1_000_000
        assert ("seen-scheme", "https") in call.trailing_metadata()
        stream = channel.stream_stream("/test.Echo/Many")(iter([b"one", b"two", b"three"]), timeout=30)
        assert list(stream) == [b"one", b"two", b"three"]
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/test.Echo/Refuse")(b"", timeout=30)
        assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "not now")
    with httpx.Client(verify=authority.context(), timeout=30) as kubelet:
        assert kubelet.get(f"https://localhost:{site.status_port}/ready").status_code == 200


def test_grpc_app_that_is_not_there(start: Start, proxy: str) -> None:
    site, authority = start(Grpc(Tcp(servers.free_port())))
    credentials = grpc.ssl_channel_credentials(authority.pem)
    with grpc.secure_channel(f"localhost:{site.https_port}", credentials) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/test.Echo/Once")(b"", timeout=30)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    with httpx.Client(verify=authority.context(), timeout=30) as kubelet:
        assert kubelet.get(f"https://localhost:{site.status_port}/ready").status_code >= 500
