"""Volumes of the pod, which containers mount by name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.fields import Memory, ObjectName
from pulumi_sidecar.inputs import Value


class EmptyDir(Args):
    """An empty folder that lives as long as the pod; its containers share it."""

    kind: Literal["empty_dir"] = "empty_dir"
    size_limit: Value[Memory] | None = None
    """A pod that writes more than this is evicted."""
    medium: Literal["disk", "memory"] = "disk"
    """"memory" is a tmpfs, which counts as memory of the container that writes."""


class ConfigMapVolume(Args):
    """The keys of an existing ConfigMap as files."""

    kind: Literal["config_map"] = "config_map"
    name: Value[ObjectName]
    """Name of the ConfigMap, in the same namespace."""


class SecretVolume(Args):
    """The keys of an existing Secret as files, readable by the pod's group."""

    kind: Literal["secret"] = "secret"
    name: Value[ObjectName]
    """Name of the Secret, in the same namespace."""


class PersistentVolumeClaim(Args):
    """An existing claim on storage that outlives the pod."""

    kind: Literal["persistent_volume_claim"] = "persistent_volume_claim"
    claim_name: Value[ObjectName]
    """Name of the PersistentVolumeClaim, in the same namespace."""
    read_only: bool = False
    """No container may write to it."""


Volume = Annotated[
    EmptyDir | ConfigMapVolume | SecretVolume | PersistentVolumeClaim,
    Field(discriminator="kind"),
]
"""A volume, tagged by `kind`."""
