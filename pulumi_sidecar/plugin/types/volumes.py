"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import VolumeKind, VolumeMedium


class Volume(TypedDict):
    """A volume, tagged by `kind`."""

    kind: VolumeKind
    """Which of them it is."""
    size_limit: NotRequired[Input[str]]
    """(Kind "empty_dir") A pod that writes more than this is evicted."""
    medium: NotRequired[VolumeMedium]
    """(Kind "empty_dir") "memory" is a tmpfs, which counts as memory of the container that writes. Default: "disk"."""
    name: NotRequired[Input[str]]
    """(Kind "config_map") Required. Name of the ConfigMap, in the same namespace. (Kind "secret") Required. Name of
    the Secret, in the same namespace.
    """
    claim_name: NotRequired[Input[str]]
    """(Kind "persistent_volume_claim") Required. Name of the PersistentVolumeClaim, in the same namespace."""
    read_only: NotRequired[bool]
    """(Kind "persistent_volume_claim") No container may write to it. Default: false."""
