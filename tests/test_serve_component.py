"""`pulumi-sidecar serve --component`: which names it takes."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import SidecarDeployment, offline
from pulumi_sidecar.proxies import Container
from pulumi_sidecar.serving import session
from pulumi_sidecar.serving.session import ComponentError, pick
from tests.conftest import BASIC, merged


def test_a_workload_is_called_as_the_picture_calls_it() -> None:
    def called(name: str) -> Container:
        return Container(name, "nginx.conf", {}, {}, frozenset(), {})

    found = [called("db-bf32875e"), called("web"), called("web-00000000")]
    assert pick(found, "db") == pick(found, "db-bf32875e") == found[0]
    assert pick(found, "web") == found[1]
    assert pick(found, "web-00000000") == found[2]
    with pytest.raises(ComponentError, match="has no such component"):
        pick(found, "d")
    twice = [*found, called("db-11111111")]
    with pytest.raises(ComponentError, match="several proxies of that name: db-bf32875e, db-11111111"):
        pick(twice, "db")


def test_workloads_of_one_name_are_told_apart_by_their_namespaces() -> None:
    found = [Container(name, "nginx.conf", {}, {}, frozenset(), {}, namespace=space) for name, space in NAMED]
    for name in (None, "web"):
        with pytest.raises(ComponentError, match=r"several proxies.*: a/web, b/web"):
            pick(found[:2], name)
    assert pick(found, "b/web") == found[1]
    assert pick(found, "a/db") == pick(found, "db") == found[2]
    with pytest.raises(ComponentError, match="Did you mean"):
        pick(found, "c/web")


def test_workloads_of_two_clusters_are_told_apart_by_what_made_them() -> None:
    def program() -> None:
        for region in ("eu", "us"):
            options = pulumi.ResourceOptions(provider=k8s.Provider(region, context=region))
            SidecarDeployment(f"web-{region}", merged(BASIC, {"service": {"name": "web"}}), options)

    found = session._proxies(offline.run(program))
    with pytest.raises(ComponentError, match=r"several proxies.*: web-eu, web-us"):
        pick(found, None)
    assert [pick(found, f"web-{region}").resource for region in ("eu", "us")] == ["web-eu", "web-us"]


NAMED = [("web", "a"), ("web", "b"), ("db-bf32875e", "a")]
