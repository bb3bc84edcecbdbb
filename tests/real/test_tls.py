"""What TLS clients are offered, against Mozilla's profiles, and that strict verifiers accept the server."""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from pulumi_sidecar.proxy.site import TlsProfile
from tests.real.conftest import Start
from tests.support.certs import Authority, KeyType
from tests.support.pairs import PROXIES, Pair, Stack, seen

pytestmark = pytest.mark.parametrize("pair", PROXIES, ids=str)

TLS13_SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
TLS12_SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
}
"""Mozilla's intermediate profile, guideline 6.0: written out, so that the code does not prove itself."""
ALL_TLS13_SUITES = {*TLS13_SUITES, "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}


def _permissive(version: ssl.TLSVersion, ciphers: str = "ALL:COMPLEMENTOFALL") -> ssl.SSLContext:
    """A client that would take anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def _handshake(port: int, context: ssl.SSLContext) -> str:
    """The name of the cipher suite. Raises ssl.SSLError."""
    with socket.create_connection(("127.0.0.1", port), 10) as raw, context.wrap_socket(raw) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        return cipher[0]


def _ports(stack: Stack) -> tuple[int, int]:
    return stack.site.https_port, stack.site.status_port


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(stack: Stack, version: ssl.TLSVersion) -> None:
    for port in _ports(stack):
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            _handshake(port, _permissive(version))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_present_versions_are_accepted(stack: Stack, version: ssl.TLSVersion) -> None:
    for port in _ports(stack):
        assert _handshake(port, _permissive(version))


def test_modern_refuses_tls_1_2(pair: Pair, start: Start) -> None:
    stack = start(pair, profile="modern")
    for port in _ports(stack):
        assert _handshake(port, _permissive(ssl.TLSVersion.TLSv1_3)) in TLS13_SUITES
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            _handshake(port, _permissive(ssl.TLSVersion.TLSv1_2))
    with stack.client() as client:
        assert client.get("/").status_code == 200


@functools.cache
def _tls12_suites() -> list[str]:
    context = _permissive(ssl.TLSVersion.TLSv1_2)
    return sorted(suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3")


@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_tls_1_2_suites_are_exactly_those_of_the_profile(pair: Pair, start: Start, key: KeyType) -> None:
    stack = start(pair, key=key)
    accepted = set()
    for suite in _tls12_suites():
        try:
            accepted.add(_handshake(stack.site.https_port, _permissive(ssl.TLSVersion.TLSv1_2, suite)))
        except ssl.SSLError:
            continue
    authentication = "-ECDSA-" if key == "ec" else "-RSA-"
    assert accepted == {suite for suite in TLS12_SUITES if authentication in suite}
    assert len(_tls12_suites()) > 50, "this client cannot offer enough to prove anything"


def _openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("there is no openssl command")
    return found


def _s_client(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    command = [_openssl(), "s_client", "-connect", f"127.0.0.1:{port}", *options]
    return subprocess.run(command, input="", capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_tls_1_3_suites(pair: Pair, start: Start, profile: TlsProfile) -> None:
    stack = start(pair, profile=profile)
    accepted = {
        suite
        for suite in ALL_TLS13_SUITES
        if _s_client(stack.site.https_port, "-tls1_3", "-ciphersuites", suite).returncode == 0
    }
    assert accepted == TLS13_SUITES


def test_no_renegotiation_and_no_early_data(stack: Stack) -> None:
    said = _s_client(stack.site.https_port, "-tls1_3").stdout
    assert "Early data was not sent" in said
    assert "Compression: NONE" in said


@pytest.mark.parametrize(("offered", "http2", "expected"), [
    (("h2", "http/1.1"), True, "h2"),
    (("http/1.1",), True, "http/1.1"),
    ((), True, None),
    (("h2", "http/1.1"), False, "http/1.1"),
])  # fmt: skip
def test_alpn(pair: Pair, start: Start, offered: tuple[str, ...], http2: bool, expected: str | None) -> None:
    stack = start(pair, http2=http2)
    context = stack.authority.context(alpn=offered)
    with socket.create_connection(("127.0.0.1", stack.site.https_port), 10) as raw:
        connection = context.wrap_socket(raw, server_hostname="localhost")
        assert connection.selected_alpn_protocol() == expected
        connection.close()
    if offered == ("h2", "http/1.1"):
        trust = stack.authority.context()
        with httpx.Client(verify=trust, http1=True, http2=True, trust_env=False, timeout=30) as client:
            assert client.get(stack.url("/")).http_version == ("HTTP/2" if http2 else "HTTP/1.1")


def test_names_are_verified(stack: Stack) -> None:
    context = stack.authority.context()
    for name in ("localhost", "web.default.svc", "127.0.0.1"):
        with socket.create_connection(("127.0.0.1", stack.site.https_port), 10) as raw:
            context.wrap_socket(raw, server_hostname=name).close()
    with (
        socket.create_connection(("127.0.0.1", stack.site.https_port), 10) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        context.wrap_socket(raw, server_hostname="other.example")
    with (
        socket.create_connection(("127.0.0.1", stack.site.https_port), 10) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match="verify failed"),
    ):
        Authority("another CA").context().wrap_socket(raw, server_hostname="localhost")


def test_openssl_verifies_strictly(stack: Stack) -> None:
    authority = stack.folder / "ca.pem"
    authority.write_bytes(stack.authority.pem)
    options = ["-CAfile", str(authority), "-x509_strict", "-verify_return_error", "-verify_hostname", "localhost"]
    said = _s_client(stack.site.https_port, *options, "-servername", "localhost")
    assert said.returncode == 0, said.stderr
    assert "Verify return code: 0 (ok)" in said.stdout


def _python_3_13() -> str:
    candidates = [*sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13")), shutil.which("python3.13")]
    for candidate in candidates:
        if candidate:
            return str(candidate)
    pytest.skip("there is no Python 3.13")


def test_python_3_13_verifies_by_default(stack: Stack) -> None:
    authority = stack.folder / "ca-313.pem"
    authority.write_bytes(stack.authority.pem)
    program = (
        "import ssl, sys, urllib.request\n"
        "context = ssl.create_default_context(cafile=sys.argv[2])\n"
        "assert context.verify_flags & ssl.VERIFY_X509_STRICT\n"
        "print(urllib.request.urlopen(sys.argv[1], context=context, timeout=10).read().decode())\n"
    )
    command = [_python_3_13(), "-I", "-c", program, stack.url("/"), str(authority)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert said.returncode == 0, said.stderr
    assert seen(said.stdout.encode()).scheme == "https"


def test_sessions_are_resumed(stack: Stack) -> None:
    """A returning client saves the handshake's expensive half, with both versions of TLS."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = stack.authority.context(version=version)
        session = None
        reused = []
        for _ in range(4):
            raw = socket.create_connection(("127.0.0.1", stack.site.https_port), 10)
            with context.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                while connection.recv(65536):  # TLS 1.3 sends its tickets with the answer
                    pass
                session, resumed = connection.session, connection.session_reused
                reused.append(resumed)
        assert any(reused[1:]), version


def test_sslyze_finds_nothing(stack: Stack) -> None:
    """sslyze pins an older cryptography: it lives in an environment of its own, named by SSLYZE."""
    sslyze = os.environ.get("SSLYZE") or shutil.which("sslyze")
    if not sslyze:
        pytest.skip("there is no sslyze: set SSLYZE to its path")
    report = stack.folder / "sslyze.json"
    checks = ["--heartbleed", "--openssl_ccs", "--robot", "--reneg", "--compression", "--early_data", "--fallback"]
    suites = ["--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"]
    command = [sslyze, *checks, *suites, "--mozilla_config=disable", f"--json_out={report}"]
    said = subprocess.run(
        [*command, f"localhost:{stack.site.https_port}"], capture_output=True, text=True, check=False, timeout=600
    )
    assert said.returncode == 0, said.stdout + said.stderr
    _check_sslyze(report)


def _check_sslyze(report: Path) -> None:
    (result,) = json.loads(report.read_text())["server_scan_results"]
    found = {
        name: attempt["result"] for name, attempt in result["scan_result"].items() if attempt and attempt["result"]
    }
    for old in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
        assert found[f"{old}_cipher_suites"]["accepted_cipher_suites"] == []
    accepted = {suite["cipher_suite"]["name"] for suite in found["tls_1_3_cipher_suites"]["accepted_cipher_suites"]}
    assert accepted == TLS13_SUITES
    openssl = {
        suite["cipher_suite"]["openssl_name"] for suite in found["tls_1_2_cipher_suites"]["accepted_cipher_suites"]
    }
    assert openssl == {suite for suite in TLS12_SUITES if "-ECDSA-" in suite}
    assert found["heartbleed"]["is_vulnerable_to_heartbleed"] is False
    assert found["openssl_ccs_injection"]["is_vulnerable_to_ccs_injection"] is False
    assert found["session_renegotiation"]["is_vulnerable_to_client_renegotiation_dos"] is False
    assert found["tls_compression"]["supports_compression"] is False
    assert found["tls_1_3_early_data"]["supports_early_data"] is False
