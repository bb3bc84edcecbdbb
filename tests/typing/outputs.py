"""The types of what a SidecarDeployment puts out. Never run: mypy and pyright read it (test_typing.py)."""

from typing import assert_type

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_sidecar import SidecarDeployment, SidecarDeploymentArgs


def outputs(web: SidecarDeployment) -> None:
    assert_type(web.url, pulumi.Output[str])
    assert_type(web.endpoints, pulumi.Output[dict[str, str]])
    assert_type(web.ca_cert_pem, pulumi.Output[str])
    assert_type(web.certificate_not_after, pulumi.Output[str | None])
    assert_type(web.deployment_name, pulumi.Output[str])
    assert_type(web.service_name, pulumi.Output[str])
    assert_type(web.config_map_name, pulumi.Output[str | None])
    assert_type(web.secret_name, pulumi.Output[str | None])


def children(web: SidecarDeployment) -> None:
    assert_type(web.deployment, kubernetes.apps.v1.Deployment)
    assert_type(web.service, kubernetes.core.v1.Service | None)
    assert_type(web.config_map, kubernetes.core.v1.ConfigMap | None)
    assert_type(web.secret, kubernetes.core.v1.Secret | None)


def used(web: SidecarDeployment, args: SidecarDeploymentArgs) -> None:
    pulumi.export("url", web.url)
    assert_type(web.endpoints.apply(lambda found: found["internal"]), pulumi.Output[str])
    assert_type(args.replicas, int | pulumi.Output[int])  # type: ignore[assert-type]  # and an awaitable of it
