"""Constrained values: what each type takes, and that nothing it takes can end a directive."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pulumi_sidecar import fields

L63, L64 = "a" * 63, "a" * 64
DIGEST = "sha256:" + "0a" * 32

# Type → accepted values (a pair is a value and what becomes of it), refused values.
TABLE: dict[str, tuple[list[Any], list[Any]]] = {
    "DnsLabel": (
        ["a", "a-b", "0", "9a", L63],
        ["", "-a", "a-", "A", "a.b", "a_b", "ä", L64, "a b", 1, None, "a\x00"],
    ),
    "ServiceName": (["a", "web-2", L63], ["", "2web", "-a", "a-", "A", "a.b", L64, "é"]),
    "ObjectName": (
        ["a", "a.b", "0.a-b", ".".join([L63] * 3)],
        ["", ".a", "a.", "a..b", "a/b", "A", ".".join([L63] * 4)],
    ),
    "DnsName": (
        ["localhost", "a.example.com", "*.example.com", "A.Example.COM", "xn--bcher-kva.example", "1.2"],
        ["", "*", "*.", "a.*.b", "**.a", "a.example.com.", ".a", "a..b", "a_b.c", "http://a", "a:443", "-a.b",
         "bücher.example", f"{L64}.a", "a b"],
    ),
    "LabelValue": (["", "a", "A_b-c.d", L63], ["-a", "a-", L64, "a b", "a/b", "ä", "_a"]),
    "LabelKey": (
        ["a", "A_b-c.d", "example.com/a", "a.b-c/d", L63, f"{'a' * 200}/{L63}"],
        ["", "/a", "a/", "a/b/c", "Example.com/a", "-a", "a b", L64, f"{'a' * 254}/b", "ä"],
    ),
    "EnvName": (["A", "_a", "a.b-c", "A1", "-a"], ["", "1A", "a b", "A=B", "ä", "a$"]),
    "DataKey": (["tls.crt", "A_b-1", ".a", "a" * 253], ["", "a/b", "a b", "a" * 254, ".", "..", "..data"]),
    "PortName": (["http", "a", "9-a", "a" * 15], ["", "9090", "a--b", "-a", "a-", "A", "a" * 16, "a b", "a.b"]),
    "Image": (
        ["nginx", "nginx:1.30.4", "ghcr.io/acme/web:1.4", "localhost:5000/a/b", f"a@{DIGEST}",
         f"r.example/a/b:1@{DIGEST}", "a__b", "a--b.c", "Registry.example.com/a"],
        ["", "Nginx", "a b", "nginx:", "a@sha256:12", "/a", "a/", "a//b", "https://a/b", "a:" + "t" * 129, "a___b",
         "$a", "a:1;"],
    ),
    "UrlPath": (
        ["/", "/healthz", "/a?b=c&d=%20", "/a(b)!*+,=:@-._~"],
        ["", "a", "/a b", "/a;b", "/a{b}", "/$a", "/a#b", '/a"', "/a'", "/ä", "/a\\", "/a\n", "/a\tb", "/a|b",
         "/" + "a" * 1024],
    ),
    "SubPath": (
        ["a", "a/b", "..a", "a..b/c", "a/..b"],
        ["", "/a", "..", "../a", "a/..", "a/../b", "a\nb", "a\x00", "a" * 1025],
    ),
    "Capability": (["NET_BIND_SERVICE", "CHOWN"], ["", "CAP_CHOWN", "chown", "NET-BIND", "A B", "_A", "A" * 65]),
    "SocketPath": (["/run/app/a.sock", "/" + "a" * 106], ["", "a", "/a b", "/a/", "/" + "a" * 107, "/$a", "/ä"]),
    "MountPath": (
        ["/shop", "/team/shop", "/a.b~c_d-e", "/~a"],
        ["", "/", "shop", "/shop/", "//a", "/a//b", "/.a", "/a/..", "/a b", "/$a", "/a;", "/ä", "/a?b", "/a%20",
         "/" + "a" * 255],
    ),
    "FolderUrl": (
        ["/static/", "/a/b.c/"],
        ["", "/", "static/", "/static", "//", "/a//", "/../", "/.a/", "/a b/", "/$a/", "/ä/", "/" + "a" * 254 + "/"],
    ),
    "FilePath": (
        ["/", "/a", "/a/b.c", "/a_b/@c+d-e"],
        ["", "a", "./a", "/a/", "//a", "/a//b", "/a/./b", "/a/../b", "/..", "/a b", "/a;b", "/$a", "/a{", "/ä", "/a\\b",
         '/"'],
    ),
    "Port": ([1, 65535, ("80", 80), (8080.0, 8080)], [0, 65536, -1, True, False, 80.5, "http", None, "", [80]]),
    "HighPort": ([1025, 65535], [1024, 443, 0, 65536, True]),
    "Seconds": ([1, 86400], [0, 86401, -1, True, 1.5]),
    "LongSeconds": ([0, 2**31 - 1], [-1, 2**31, True, 0.5]),
    "Count": ([0, 1_000_000], [-1, 1_000_001, True]),
    "UserId": ([1, 65532, 2**31 - 1], [0, -1, 2**31, True, "root"]),
    "ByteSize": (
        [0, 1, ("64Mi", 64 * 2**20), ("1Gi", 2**30), ("10k", 10_000), ("512", 512), 2**50],
        ["", "64MB", "64 Mi", "-1", -1, "1.5Gi", "64m", 2**50 + 1, "9" * 40, "٣", True, None],
    ),
    "Cpu": (
        ["500m", "2", "0.5", "1.250", (2, "2"), (2.0, "2"), (0.5, "0.5")],
        ["", "0", "0m", "0.0", "500M", "-1", "1.5m", "1e3", True, "half", None, float("nan"), "٣"],
    ),
    "Memory": (
        ["512Mi", "2Gi", "1G", "1.5Gi", "1000", (1024, "1024"), "1k"],
        ["", "0", "0Gi", "2 Gi", "2gb", "-1Gi", "512m", True, "Gi", None, float("inf")],
    ),
    "Network": (
        ["10.0.0.0/8", ("2001:DB8::/32", "2001:db8::/32"), ("192.0.2.7", "192.0.2.7/32")],
        ["", "10.0.0.1/8", "10.0.0.0/33", "a/8", "10.0.0.0/8/8", "::/129", "10.0.0.0/-1",
         "fe80::%a;b/10", "::1%;"],
    ),
    "IpAddress": (
        ["192.0.2.7", "::1", ("2001:DB8:0::7", "2001:db8::7")],
        ["", "192.0.2", "192.0.2.256", "192.0.2.0/24", "a", "[::1]", "1", "192.0.2.07", "fe80::1%eth0",
         "::1%\n;$a"],
    ),
    "Host": (
        ["a", "shop.example.com", "192.0.2.7", ("2001:DB8::7", "2001:db8::7")],
        ["", "*.example.com", "a:443", "https://a", "a_b", "[::1]", "a b", ".".join([L63] * 4),
         "::1%$a"],
    ),
    "HostName": (
        ["a", "shop.example.com", "192.0.2.7"],
        ["", "*.example.com", "a:443", "https://a", "a_b", "::1", "a b", "a\nb", ".".join([L63] * 4)],
    ),
    "PodCount": ([1, 1_000_000], [0, -1, 1_000_001, True]),
    "Percent": ([1, 1000], [0, 1001, True, "50%"]),
    "PercentText": (["0%", "50%", "100%"], ["", "50", "101%", "-1%", "050%", "5 %", "٣%"]),
    "Weight": ([1, 100], [0, 101, True]),
    "StabilizationSeconds": ([0, 3600], [-1, 3601, True]),
    "Period": ([1, 1800], [0, 1801, True]),
    "Quantity": (
        ["500m", "100", "1.5", "1k", "2Gi", (2, "2")],
        ["", "0", "0m", "-1", "1K", "1e3", True, None, "٣", float("nan")],
    ),
    "ApiVersion": (
        ["v1", "apps/v1", "networking.k8s.io/v1beta1", "v2alpha1"],
        ["", "1", "V1", "apps/", "/v1", "apps/v", "a/b/v1", "Apps/v1", "v1beta"],
    ),
    "Kind": (["Ingress", "PodMonitor", "A1"], ["", "ingress", "1A", "A-b", "A b", "A" * 64]),
    "MetricName": (
        ["requests_per_second", "nginx.org:requests{a=b}", "...", "a" * 253],
        ["", ".", "..", "a/b", "a%b", "a b", "ä", "a" * 254],
    ),
}  # fmt: skip


def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(fields, name))


def _types() -> list[str]:
    return [
        name
        for name, value in vars(fields).items()
        if name[0].isupper() and hasattr(value, "__metadata__") and not name.startswith("_")
    ]


def test_the_table_has_every_type() -> None:
    assert set(_types()) <= set(TABLE), "add accepted and refused values of the new type"


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _) in TABLE.items() for value in good])
def test_accepted(name: str, value: Any) -> None:
    given_, becomes = value if isinstance(value, tuple) else (value, value)
    result = _adapter(name).validate_python(given_)
    assert result == becomes
    assert type(result) is type(becomes)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, bad) in TABLE.items() for value in bad])
def test_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        _adapter(name).validate_python(value)


TEXTS = [name for name, (good, _) in TABLE.items() if any(isinstance(value, str) for value in good)]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x00", "\u2028", " ", "\t"])
def test_nothing_may_follow(name: str, end: str) -> None:
    for value in TABLE[name][0]:
        if isinstance(value, str):
            with pytest.raises(ValidationError):
                _adapter(name).validate_python(value + end)
            with pytest.raises(ValidationError):
                _adapter(name).validate_python(end + value)


# What ends a directive, opens a block, begins a comment or a variable, or quotes, in nginx.conf or httpd.conf. A
# wildcard in a name and a '#' in nothing: no type needs any of these.
_ENDS = set(" \t\r\n;{}$#\"'\\<>`|^") | {chr(code) for code in [*range(32), 127]}
# It goes to the autoscaler, and into no server's configuration.
_IN_CONFIGURATIONS = [name for name in TEXTS if name != "MetricName"]
_NEAR = st.text(alphabet=string.printable + "äß\u2028\u0000\x7f", max_size=40)


@pytest.mark.parametrize("name", _IN_CONFIGURATIONS)
@given(data=st.data())
def test_what_is_accepted_cannot_end_a_directive(name: str, data: st.DataObject) -> None:
    good = [value for value in TABLE[name][0] if isinstance(value, str) and value]
    base = data.draw(st.sampled_from(good))
    where = data.draw(st.integers(0, len(base)))
    value = data.draw(_NEAR) if data.draw(st.booleans()) else base[:where] + data.draw(_NEAR) + base[where:]
    try:
        accepted = _adapter(name).validate_python(value)
    except ValidationError:
        return
    assert not _ENDS & set(str(accepted))
    assert str(accepted).isascii()


@pytest.mark.parametrize("name", _IN_CONFIGURATIONS)
@given(value=st.from_regex(r"\A[-A-Za-z0-9./*:@]{1,30}\Z"), ending=st.sampled_from(sorted(_ENDS)))
def test_a_character_that_ends_a_directive_is_refused_anywhere(name: str, value: str, ending: str) -> None:
    for position in (0, len(value) // 2, len(value)):
        with pytest.raises(ValidationError):
            _adapter(name).validate_python(value[:position] + ending + value[position:])


def test_messages_tell_reason_and_remedy_and_never_the_value() -> None:
    for name, (_, bad) in TABLE.items():
        for value in bad:
            if not isinstance(value, str):
                continue
            with pytest.raises(ValidationError) as caught:
                _adapter(name).validate_python(value)
            for detail in caught.value.errors():
                if detail["type"] == "refused":
                    assert detail["ctx"]["reason"]
                    assert detail["ctx"]["remedy"].endswith((".", "?"))


def test_is_ip() -> None:
    assert fields.is_ip("::1")
    assert not fields.is_ip("localhost")
