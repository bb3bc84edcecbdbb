"""The plugin's side of the engine's requests: the schema, and components made from what other programs ask for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider

from pulumi_sidecar.args.authority import CertificateAuthorityArgs
from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.authority import CertificateAuthority
from pulumi_sidecar.component import SidecarDeployment
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.plugin.authority import Authority, given
from pulumi_sidecar.plugin.inputs import dict_form
from pulumi_sidecar.plugin.spelling import camel
from pulumi_sidecar.plugin.types import components

NAME = "sidecar"


@dataclass(frozen=True)
class _Hosted:
    component: Any
    arguments: type[Args]
    outputs: tuple[str, ...]


_HOSTED = {
    made.__name__: _Hosted(made, arguments, tuple(inspect.get_annotations(described)))
    for made, arguments, described in (
        (SidecarDeployment, SidecarDeploymentArgs, components.SidecarDeployment),
        (CertificateAuthority, CertificateAuthorityArgs, components.CertificateAuthority),
    )
}


class Provider(ComponentProvider):
    """Has its schema from the SDK's analyzer, and makes the components itself.

    The SDK would wrap what a component raises into an exception of its own, with a stack trace for the user.
    """

    def __init__(self) -> None:
        described: list[type[pulumi.ComponentResource]] = [
            components.SidecarDeployment,
            components.CertificateAuthority,
        ]
        super().__init__(described, NAME, version=_version())
        self.schema = json.dumps(_tidy(json.loads(self.schema or "{}")))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component. Raises ArgumentsError, in Python's names."""
        hosted = _HOSTED.get(resource_type.removeprefix(f"{NAME}:index:"))
        if hosted is None:
            known = ", ".join(f"{NAME}:index:{each}" for each in _HOSTED)
            raise ArgumentsError(
                name, [Problem("type", "is no component of this plugin", f"One of {known}.", resource_type)]
            )
        args = dict_form(inputs, hosted.arguments)
        if hosted.arguments is SidecarDeploymentArgs:
            args = _with_authority(args, f'SidecarDeployment "{name}"')
        made = hosted.component(name, args, options)
        return ConstructResult(made.urn, {camel(key): getattr(made, key) for key in hosted.outputs})


def _with_authority(args: dict[str, Any], subject: str) -> dict[str, Any]:
    """The arguments, with what `tls.ca` takes in place of a CertificateAuthority's outputs."""
    tls = args.get("tls")
    if not isinstance(tls, Mapping) or tls.get("ca") is None:
        return args
    if not isinstance(tls["ca"], Mapping):
        remedy = "Give its outputs: {certPem: …, privateKeyPem: …, bundlePem: …}."
        raise ArgumentsError(subject, [Problem("tls.ca", "must be an object with a CA's outputs", remedy)])
    return {**args, "tls": {**tls, "ca": given(dict_form(tls["ca"], Authority), subject)}}


def _tidy(schema: Any) -> Any:
    """Docstrings without their indentation, and no keys that say nothing."""
    if isinstance(schema, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _tidy(value)
            for key, value in schema.items()
            if value is not None
        }
    return [_tidy(item) for item in schema] if isinstance(schema, list) else schema


def _version() -> str:
    try:
        return version("pulumi-sidecar")
    except PackageNotFoundError:  # a checkout that nobody installed
        return "0.0.0"
