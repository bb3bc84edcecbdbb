"""One resource as a program declared it, and what only the engine can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

from pulumi_sidecar.manifests import Manifest, Path
from pulumi_sidecar.runtime.wire import UNKNOWN

__all__ = ["UNKNOWN", "NotEvaluable", "Recorded", "ResourceArgs", "Unevaluated"]

_INTERNAL_ANNOTATIONS = "pulumi.com/"


@dataclass(frozen=True)
class Recorded:
    """One resource as the program declared it. Keys are camelCase; integral numbers are ints; secrets are unwrapped."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any] = field(repr=False)
    outputs: dict[str, Any] = field(repr=False)
    secret_paths: frozenset[Path] = frozenset()
    """Where in `inputs` secrets stood; a path covers all that is below it."""
    unknown_paths: frozenset[Path] = frozenset()
    """Where in `inputs` UNKNOWN stands."""
    secret_outputs: frozenset[str] = frozenset()
    id: str = ""
    parent: str = ""
    provider: str = ""
    """`URN::ID` of an explicit provider, "" for the default one."""
    providers: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str | Mapping[str, Any], ...] = ()
    """URNs, or the fields (name, type, parentUrn, …) of an alias given by parts."""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    custom: bool = True
    remote: bool = False
    read: bool = False
    """Looked up with `.get()`: nothing is created."""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    import_id: str = ""
    unevaluated: str | None = None
    """Why the outputs are not known, or None."""
    registered_outputs: dict[str, Any] | None = field(default=None, repr=False)
    """What a component handed to `register_outputs`; None when it never did."""
    secret_registered_outputs: frozenset[Path] = frozenset()

    @property
    def is_object(self) -> bool:
        """Whether it is a Kubernetes object that is created, and all of which is in its inputs."""
        created = self.custom and not self.read and self.unevaluated is None
        return created and self.type.startswith("kubernetes:") and {"apiVersion", "kind"} <= self.inputs.keys()

    def manifest(self) -> Manifest:
        """The object as it would be sent to the API server, without what only Pulumi reads."""
        body = {key: value for key, value in self.inputs.items() if not key.startswith("__") and key != "status"}
        metadata = dict(self.outputs.get("metadata") or {})
        if annotations := metadata.pop("annotations", None):
            kept = {key: value for key, value in annotations.items() if not key.startswith(_INTERNAL_ANNOTATIONS)}
            metadata |= {"annotations": kept} if kept else {}
        given = self.inputs.get("metadata") or {}
        if metadata.get("generateName") and not given.get("name"):
            metadata.pop("name", None)  # the API server's to give
        return Manifest({**body, "metadata": metadata}, self.secret_paths)


@dataclass(frozen=True)
class Unevaluated:
    """What only the engine and its plugins can tell: a resource's outputs or a function's result."""

    type: str
    name: str
    reason: str
    urn: str = ""
    essential: bool = True
    """Objects may be hidden behind it. Otherwise it matters only where its outputs are used."""


class NotEvaluable(Exception):  # noqa: N818 - a signal from Mocks to the monitor, which no user sees raised
    """Raised by Mocks for what they cannot compute; the program goes on with unknown outputs, and it is recorded."""

    def __init__(
        self,
        reason: str,
        *,
        essential: bool = True,
        id_: str = "",
        state: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason, self.essential, self.id, self.state, self.name = reason, essential, id_, dict(state or {}), name


class ResourceArgs(MockResourceArgs):
    """What Mocks.new_resource receives: the SDK's fields, and two that tell apart what it cannot."""

    remote: bool = False
    read: bool = False
