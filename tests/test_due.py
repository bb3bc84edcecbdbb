"""Warnings about certificates that end soon: when, in what words, and never in the way of a program."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar import CertificateAuthority, SidecarDeployment, due
from tests.conftest import BASIC, Runner
from tests.support.pki import Ca

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(**after: float) -> str:
    return (NOW + timedelta(**after)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (at(days=31), None),
        (at(days=30, seconds=1), None),
        (at(days=30), "it ends in 30 days, on 2026-12-23"),
        (at(days=29, hours=23), "it ends in 29 days, on 2026-12-23"),
        (at(hours=5), "it ends in 0 days, on 2026-11-23"),
        (at(seconds=0), "it ended on 2026-11-23: clients refuse it"),
        (at(days=-400), "it ended on 2025-10-19: clients refuse it"),
        ("2026-12-01T00:00:00", "it ends in 7 days, on 2026-12-01"),
        ("2026-12-01T00:00:00+02:00", "it ends in 7 days, on 2026-12-01"),
        ("2026-12-01", "it ends in 7 days, on 2026-12-01"),
        ("validityEndTime of web", None),
        ("", None),
    ],
)
def test_what_is_said(end: str, said: str | None) -> None:
    assert due.message("it", end, due.days(30), NOW) == said


@given(st.text(max_size=40))
def test_no_text_is_a_crash(end: str) -> None:
    due.message("it", end, due.days(30), NOW)


def warnings(run: Runner, program: Any, caplog: pytest.LogCaptureFixture, **options: Any) -> list[str]:
    """What a program warns of."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        run(program, **options)
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def ends(kind: str, days: float) -> dict[str, Any]:
    """Mocks whose certificates of that type end in so many days."""
    end = (datetime.now(UTC) + timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {f"tls:index/{kind[0].lower()}{kind[1:]}:{kind}": {"validityEndTime": end}}


def web(tls: dict[str, Any]) -> Any:
    return lambda: SidecarDeployment("web", cast(Any, {**BASIC, "tls": tls}))


@pytest.mark.parametrize("preview", [False, True])
def test_a_certificate_within_its_window(run: Runner, caplog: pytest.LogCaptureFixture, preview: bool) -> None:
    replies = {**ends("LocallySignedCert", 20), **ends("SelfSignedCert", 3000)}
    (said,) = warnings(run, web({"kind": "issued"}), caplog, replies=replies, preview=preview)
    assert 'SidecarDeployment "web": its certificate ends in 20 days' in said


def test_nothing_is_due(run: Runner, caplog: pytest.LogCaptureFixture) -> None:
    replies = {**ends("LocallySignedCert", 80), **ends("SelfSignedCert", 3000)}
    assert warnings(run, web({"kind": "issued"}), caplog, replies=replies) == []


@pytest.mark.parametrize("preview", [False, True])
def test_the_ca_is_told_long_before(run: Runner, caplog: pytest.LogCaptureFixture, preview: bool) -> None:
    replies = {**ends("LocallySignedCert", 80), **ends("SelfSignedCert", 170)}
    (said,) = warnings(run, web({"kind": "issued"}), caplog, replies=replies, preview=preview)
    assert "its CA (change it by tls.ca_generation) ends in 170 days" in said


def test_a_shared_ca_is_told(run: Runner, caplog: pytest.LogCaptureFixture) -> None:
    def program() -> None:
        CertificateAuthority("platform")

    (said,) = warnings(run, program, caplog, replies=ends("SelfSignedCert", 100))
    assert 'CertificateAuthority "platform" (change it by generation) ends in 100 days' in said


def test_a_clients_certificate_is_told(run: Runner, caplog: pytest.LogCaptureFixture) -> None:
    def program() -> None:
        ca = CertificateAuthority("platform")
        ca.issue_client("billing")

    replies = {**ends("LocallySignedCert", 10), **ends("SelfSignedCert", 3000)}
    (said,) = warnings(run, program, caplog, replies=replies)
    assert 'the certificate of its client "billing" ends in 10 days' in said


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("days", "told"), [(10.1, True), (60, False)])
def test_your_own_certificate(
    run: Runner, caplog: pytest.LogCaptureFixture, days: float, told: bool, late: bool, preview: bool
) -> None:
    pair = Ca().issue("web", ("web.default.svc",), days=(-1, days))
    made: Any = pulumi.Output.from_input if late else lambda text: text

    def program() -> None:
        web({"kind": "certificate", "cert_pem": made(pair.cert), "private_key_pem": made(pair.key)})()

    found = warnings(run, program, caplog, preview=preview)
    assert [("the certificate in tls.cert_pem ends in 10 days" in said) for said in found] == ([True] if told else [])


def test_a_ca_of_yours_that_its_certificates_outlive(run: Runner, caplog: pytest.LogCaptureFixture) -> None:
    ca = Ca("ours", days=(-1, 80.1))
    tls = {"kind": "signed_by", "ca_cert_pem": ca.pem, "ca_private_key_pem": ca.key_pem}
    replies = ends("LocallySignedCert", 89)
    (said,) = warnings(run, web({**tls, "validity_days": 90}), caplog, replies=replies)
    assert "the CA in tls.ca_cert_pem ends in 80 days" in said
    assert warnings(run, web({**tls, "validity_days": 60, "renew_before_days": 20}), caplog, replies=replies) == []
