"""The models of `args.volumes` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from pulumi import Input


class EmptyDirDict(TypedDict):
    """EmptyDir as a dict.

    An empty folder that lives as long as the pod; its containers share it.
    """

    kind: Literal["empty_dir"]
    """An empty folder that lives as long as the pod; its containers share it."""
    size_limit: NotRequired[Input[str] | None]
    """A pod that writes more than this is evicted."""
    medium: NotRequired[Literal["disk", "memory"]]
    """"memory" is a tmpfs, which counts as memory of the container that writes. Default: "disk"."""


class ConfigMapVolumeDict(TypedDict):
    """ConfigMapVolume as a dict.

    The keys of an existing ConfigMap as files.
    """

    kind: Literal["config_map"]
    """The keys of an existing ConfigMap as files."""
    name: Input[str]
    """Name of the ConfigMap, in the same namespace."""


class SecretVolumeDict(TypedDict):
    """SecretVolume as a dict.

    The keys of an existing Secret as files, readable by the pod's group.
    """

    kind: Literal["secret"]
    """The keys of an existing Secret as files, readable by the pod's group."""
    name: Input[str]
    """Name of the Secret, in the same namespace."""


class PersistentVolumeClaimDict(TypedDict):
    """PersistentVolumeClaim as a dict.

    An existing claim on storage that outlives the pod.
    """

    kind: Literal["persistent_volume_claim"]
    """An existing claim on storage that outlives the pod."""
    claim_name: Input[str]
    """Name of the PersistentVolumeClaim, in the same namespace."""
    read_only: NotRequired[bool]
    """No container may write to it. Default: False."""
