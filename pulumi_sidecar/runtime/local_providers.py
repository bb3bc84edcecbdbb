"""Stands in for the provider plugins of a program that runs without the engine."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from pulumi_sidecar.runtime.project import decode_yaml
from pulumi_sidecar.runtime.recorded import UNKNOWN, NotEvaluable

Created = tuple[str, dict[str, Any]]
"""Id and outputs of a resource."""


class Keeper(Protocol):
    """Keeps the resources of pulumi-tls from one run to the next, as the engine's state would."""

    def tls(self, typ: str, name: str, inputs: Mapping[str, Any]) -> Created | None:
        """What local_tls.create gives, or gave at an earlier run for the same resource with the same inputs."""


class LocalProviders(Mocks):
    """Stands in for the provider plugins: computes what it can, and says NotEvaluable for the rest.

    Keys and certificates are new ones on each run, unless `keep` has them.
    """

    _keep: Keeper | None = None

    def __init__(self, keep: Keeper | None = None) -> None:
        self._keep = keep

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and outputs. Raises ValueError for what pulumi-tls would refuse."""
        typ, inputs = args.typ, dict(args.inputs)
        if getattr(args, "remote", False):
            raise NotEvaluable("a remote component: the engine's plugin creates what is in it")
        if getattr(args, "read", False):
            raise self._read(args)
        if not args.custom:
            return "", inputs
        if typ.startswith("pulumi:providers:"):
            return f"{args.name}-id", inputs
        if typ.startswith("tls:"):
            from pulumi_sidecar.runtime import local_tls

            if _holds_unknown(inputs):
                raise NotEvaluable("its inputs are not known", essential=False, state=inputs)
            kept = self._keep
            if created := kept.tls(typ, args.name, inputs) if kept else local_tls.create(typ, inputs):
                return created
        if typ.startswith("kubernetes:"):
            return self._kubernetes(typ, inputs), inputs
        raise NotEvaluable("its outputs come from its provider", essential=False, state=inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The result of a function of pulumi-tls or of `kubernetes:yaml:decode`."""
        if args.token == "kubernetes:yaml:decode":  # noqa: S105 - a function's name
            return {"result": decode_yaml(str(args.args.get("text", "")))}, None
        if args.token.startswith("tls:"):
            from pulumi_sidecar.runtime import local_tls

            if result := local_tls.call(args.token, args.args):
                return result, None
        raise NotEvaluable("its result comes from its provider", name=_function_subject(args.args))

    @staticmethod
    def _kubernetes(typ: str, inputs: dict[str, Any]) -> str:
        if typ.startswith("kubernetes:helm.sh/"):
            raise NotEvaluable("the provider installs the chart", state=inputs)
        if typ.endswith(f":{inputs.get('kind')}Patch"):
            raise NotEvaluable("it patches an object that lives in the cluster", state=inputs)
        metadata = inputs.get("metadata") or {}
        if metadata == UNKNOWN:
            raise NotEvaluable("its name is not known", essential=False, state=inputs)
        return "/".join(metadata[key] for key in ("namespace", "name") if metadata.get(key))

    @staticmethod
    def _read(args: MockResourceArgs) -> NotEvaluable:
        """What an id tells about the resource that bears it; the rest is in the cluster."""
        id_, state = str(args.resource_id or ""), dict(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return NotEvaluable("the outputs of another stack", id_=id_, state={"name": id_})
        if args.typ.startswith("kubernetes:"):
            namespace, _, name = id_.rpartition("/")
            state["metadata"] = {"name": name, **({"namespace": namespace} if namespace else {})}
        return NotEvaluable("it is looked up, not created", essential=False, id_=id_, state=state)


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _function_subject(args: Mapping[str, Any]) -> str:
    """What a function works on, since a call has no name: the chart, the folder, the URL."""
    with contextlib.suppress(TypeError, ValueError):
        args = {**args, **json.loads(args.get("jsonOpts", "{}"))}
    found = (args.get(key) for key in ("release_name", "releaseName", "chart", "directory", "path", "url", "name"))
    return str(next((each for each in found if each), ""))
