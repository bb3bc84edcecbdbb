"""Reading certificates: names with wildcards and addresses, chains, keys, times, and junk of every sort."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar import pem
from tests.support.pki import Ca, Kind, key_pem, new_key

CA = Ca("a CA")
MIDDLE = Ca("between", CA)
LEAF = CA.issue("web", ("web", "*.example.com", "192.0.2.7", "2001:db8::7", "Shop.Example.NET"))


def reasons(faults: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(field, reason) for field, reason, _ in faults]


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("web", True),
        ("WEB", True),
        ("web.example.com", True),
        ("a-b.example.com", True),
        ("*.example.com", True),
        ("example.com", False),
        ("a.b.example.com", False),
        ("*.a.example.com", False),
        ("web.example.org", False),
        ("shop.example.net", True),
        ("SHOP.EXAMPLE.NET", True),
        ("net", False),
        ("", False),
        (".example.com", True),  # no host name: arguments never let it in
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::7", True),
        ("2001:0DB8:0:0::7", True),
        ("2001:db8::8", False),
        ("::ffff:192.0.2.7", False),
    ],
)
def test_covers(host: str, covered: bool) -> None:
    assert pem.covers(pem.load(LEAF.cert), host) is covered


def test_a_certificate_without_names_covers_nothing() -> None:
    """The common name has not counted for years."""
    assert not pem.covers(pem.load(CA.issue("web", ()).cert), "web")


def test_a_wildcard_of_addresses_is_none() -> None:
    assert not pem.covers(pem.load(CA.issue("x", ("*.0.2.7",)).cert), "192.0.2.7")


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa", "ed25519"])
def test_keys_belong_or_not(kind: Kind) -> None:
    pair = CA.issue("web", ("web",), kind=kind)
    assert pem.certificate_faults(pair.cert, pair.key, ["web"]) == []
    other = key_pem(new_key(kind))
    assert reasons(pem.certificate_faults(pair.cert, other, ["web"])) == [
        ("private_key_pem", "is not the certificate's key")
    ]


@pytest.mark.parametrize("traditional", [False, True])
def test_keys_in_either_form(traditional: bool) -> None:
    text = key_pem(CA.key, traditional=traditional)
    assert pem.authority_faults(CA.pem, text) == []


@pytest.mark.parametrize("traditional", [False, True])
def test_an_encrypted_key(traditional: bool) -> None:
    text = key_pem(CA.key, "secret words", traditional=traditional)
    assert reasons(pem.authority_faults(CA.pem, text)) == [("ca_private_key_pem", "is encrypted with a passphrase")]


@pytest.mark.parametrize(
    ("days", "reason"),
    [((-10, -1), "ended on "), ((-10, -0.0001), "ended on "), ((1, 2), "is not valid before ")],
)
def test_times(days: tuple[float, float], reason: str) -> None:
    pair = CA.issue("web", ("web",), days=days)
    ((field, said),) = reasons(pem.certificate_faults(pair.cert, pair.key, ["web"]))
    assert field == "cert_pem"
    assert said.startswith(reason)


def test_clocks_may_differ_by_some_minutes() -> None:
    pair = CA.issue("web", ("web",), days=(3 / 1440, 2))
    assert pem.certificate_faults(pair.cert, pair.key, ["web"]) == []


def test_every_fault_at_once() -> None:
    pair = CA.issue("web", ("web",), days=(-2, -1), use="client")
    found = [reason for _, reason in reasons(pem.certificate_faults(pair.cert, CA.key_pem, ["a.example", "web"]))]
    assert len(found) == 4
    assert found[1:] == [
        "is not for servers (extended key usage)",
        'is not for "a.example"',
        "is not the certificate's key",
    ]


def test_a_certificate_for_any_use_will_do() -> None:
    pair = CA.issue("web", ("web",), use=None)
    assert pem.certificate_faults(pair.cert, pair.key, ["web"]) == []


def test_what_is_no_ca() -> None:
    leaf = CA.issue("web", ("web",))
    assert [reason for _, reason in reasons(pem.authority_faults(leaf.cert, leaf.key))] == [
        "is no CA: it may not sign certificates"
    ]
    odd = Ca("odd", may_sign=False)
    assert reasons(pem.authority_faults(odd.pem, odd.key_pem))[0][1].startswith("is no CA")


def test_a_ca_of_the_certificates_own_subject() -> None:
    """Verified with openssl: a certificate whose issuer is its own subject counts as self-signed."""
    ca = Ca("web")
    assert reasons(pem.authority_faults(ca.pem, ca.key_pem, ["web"])) == [
        ("ca_cert_pem", "has the very subject that the certificate is to have")
    ]
    assert pem.authority_faults(ca.pem, ca.key_pem, ["front"]) == []


def test_intermediates_are_all_but_roots() -> None:
    assert pem.intermediates(CA.pem) == ""
    assert pem.intermediates(MIDDLE.pem) == MIDDLE.pem
    assert pem.intermediates(MIDDLE.chain()) == MIDDLE.pem
    lower = Ca("lower", MIDDLE)
    assert pem.intermediates(lower.chain()) == lower.pem + MIDDLE.pem


def test_not_after_is_the_first_certificates() -> None:
    first = CA.issue("web", ("web",), days=(-1, 20))
    assert pem.not_after(first.cert + CA.pem) == pem.not_after(first.cert) != pem.not_after(CA.pem)
    assert pem.not_after(first.cert).endswith("Z")


# --- junk -------------------------------------------------------------------------------------------------------------


def framed(label: str, body: str) -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


BASE64 = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n", max_size=300)
JUNK = st.one_of(
    st.text(max_size=100),
    BASE64.map(lambda body: framed("CERTIFICATE", body)),
    BASE64.map(lambda body: framed("EC PRIVATE KEY", body)),
)
POSITIONS = st.integers(30, len(LEAF.cert) - 30)


@given(JUNK, JUNK)
def test_junk_is_told_and_never_quoted(cert: str, key: str) -> None:
    for faults in (pem.certificate_faults(cert, key, ["web"]), pem.authority_faults(cert, key)):
        assert faults
        for _, reason, remedy in faults:
            assert all(len(line) < 8 or line not in reason + remedy for line in (cert + "\n" + key).split("\n"))


@given(POSITIONS, st.sampled_from("ABCxyz019+/"))
def test_a_broken_certificate_is_never_a_crash(position: int, character: str) -> None:
    broken = LEAF.cert[:position] + character + LEAF.cert[position + 1 :]
    for faults in (pem.certificate_faults(broken, LEAF.key, ["web"]), pem.authority_faults(broken, LEAF.key)):
        assert isinstance(faults, list)
    try:
        pem.intermediates(broken)
        pem.not_after(broken)
    except ValueError:
        pass


@given(JUNK)
def test_a_junk_key_beside_a_good_certificate(key: str) -> None:
    ((field, reason, _),) = pem.certificate_faults(LEAF.cert, key, [])
    assert field == "private_key_pem"
    assert reason in ("cannot be read as a key", "is encrypted with a passphrase")
