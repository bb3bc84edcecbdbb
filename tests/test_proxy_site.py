"""From arguments to what the proxy must do."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_sidecar import proxy_site
from pulumi_sidecar.args.proxy import Hsts
from pulumi_sidecar.checks import check
from pulumi_sidecar.errors import ArgumentsError
from pulumi_sidecar.proxy import site
from tests.support.plans import Basic, arguments, plan, problems, proxy

# --- TLS --------------------------------------------------------------------------------------------------------------


def test_the_modern_profile_wants_short_certificates(basic: Basic) -> None:
    modern = {"tls_profile": "modern"}
    assert list(problems(basic(proxy=modern, tls={"kind": "issued", "validity_days": 91}))) == ["tls.validity_days"]
    assert proxy(basic(proxy=modern)).site.tls.profile == "modern"
    plan(basic(tls={"kind": "issued", "validity_days": 398}))


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"validity_days": 30}, "it would be replaced every time"),
        ({"validity_days": 90, "renew_before_days": 90}, "it would be replaced every time"),
        ({"validity_days": 90, "renew_before_days": 91}, "it would be replaced every time"),
        ({"validity_days": 365, "ca_validity_days": 364}, "has a CA that ends after 364 days"),
    ],
)
def test_windows_that_make_no_sense(basic: Basic, window: dict[str, int], said: str) -> None:
    with pytest.raises(ArgumentsError, match=said) as caught:
        plan(basic(tls={"kind": "issued", **window}))
    assert [problem.path for problem in caught.value.problems] == ["tls"]


# --- the site ---------------------------------------------------------------------------------------------------------


def test_the_app_is_on_this_very_host(basic: Basic) -> None:
    assert proxy(basic()).site.backend == site.Http(site.Tcp(8080, "127.0.0.1"))


@pytest.mark.parametrize(
    ("hsts", "value"),
    [
        (Hsts(), "max-age=63072000"),
        (Hsts(max_age_seconds=0), "max-age=0"),
        (Hsts(include_subdomains=True, preload=True), "max-age=63072000; includeSubDomains; preload"),
    ],
)
def test_hsts(hsts: Hsts, value: str) -> None:
    assert proxy_site.hsts_value(hsts) == value


def test_hsts_off(basic: Basic) -> None:
    assert proxy(basic(proxy={"hsts": False})).site.hsts is None
    assert proxy(basic()).site.hsts == "max-age=63072000"


@pytest.mark.parametrize(
    ("changes", "workers"),
    [
        ({}, 2),
        ({"resources": {"cpu": "500m"}}, 1),
        ({"resources": {"cpu": "1"}}, 1),
        ({"resources": {"cpu": "1500m"}}, 1),
        ({"resources": {"cpu": "2900m"}}, 2),
        ({"resources": {"limits": {"cpu": "3"}}}, 3),
        ({"resources": {"requests": {"cpu": "3"}}}, 2),
        ({"resources": {"cpu": "500m"}, "worker_processes": 4}, 4),
    ],
)
def test_workers(basic: Basic, changes: dict[str, Any], workers: int) -> None:
    assert proxy(basic(proxy=changes)).site.worker_processes == workers


def test_health(basic: Basic) -> None:
    assert proxy(basic()).site.health == site.Health("/", any_below_500=True, host="web")
    health = proxy(basic(app={"health_path": "/healthz?full=1"})).site.health
    assert health == site.Health("/healthz?full=1", any_below_500=False, host="web")
    assert proxy(basic(app={"health_host": "shop.example.com"})).site.health.host == "shop.example.com"


def test_streams_have_no_limit_but_one_of_your_own(basic: Basic) -> None:
    grpc = {"app": {"protocol": {"kind": "grpc"}}}
    assert proxy(basic(grpc)).site.max_body_bytes == 0
    assert proxy(basic(grpc, proxy={"max_body_size": "1Mi"})).site.max_body_bytes == 2**20


def test_the_hash_follows_the_configuration(basic: Basic) -> None:
    hashes = {
        proxy(raw).config_hash
        for raw in (basic(), basic(proxy={"http2": False}), basic(app={"port": 8081}), basic(drain_seconds=11))
    }
    assert len(hashes) == 4
    assert proxy(basic()).config_hash == proxy(basic(app={"image": "other:2"}, replicas=3)).config_hash


@pytest.mark.parametrize(("kind", "user"), [("nginx", 101), ("apache", 33)])
def test_nobody_shares_processes_and_user_with_the_proxy(basic: Basic, kind: str, user: int) -> None:
    """Such a container could read the certificate's key through /proc."""
    changes: dict[str, Any] = {"app": {"user": user}, "proxy": {"kind": kind}}
    check("web", arguments(basic(**changes)))
    assert list(problems(basic(**changes, share_process_namespace=True))) == ["app.user"]


def test_uwsgi_waits_for_a_body_as_long_as_the_proxy_does(basic: Basic) -> None:
    """Its own 4 s would end an upload that pauses."""
    app = {"port": None, "protocol": {"kind": "uwsgi"}}
    assert plan(basic(app=app)).app_env["UWSGI_SOCKET_TIMEOUT"] == "60"
    patient = basic(app=app, proxy={"timeouts": {"client_body_seconds": 90}})
    assert plan(patient).app_env["UWSGI_SOCKET_TIMEOUT"] == "90"
