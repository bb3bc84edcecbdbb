"""Kubernetes objects as YAML that `kubectl apply -f` takes from top to bottom.

The text is deterministic for given objects. Secret values are redacted unless they are asked for by name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SecretsMode = Literal["redact", "include"]
Path = tuple[str | int, ...]
Object = dict[str, Any]

REDACTED = "REDACTED"
REDACTED_BASE64 = base64.b64encode(REDACTED.encode()).decode()

# What has no namespace. A kind that a CustomResourceDefinition of the same program declares is learnt from there.
CLUSTER_SCOPED = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterExternalSecret",
        "ClusterIssuer",
        "ClusterPolicy",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterSecretStore",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "GatewayClass",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
        "VolumeSnapshotClass",
        "VolumeSnapshotContent",
    ]
)

# What others refer to comes first, so that one pass of `kubectl apply` finds everything in place.
_ORDER = (
    ("Namespace",),
    ("CustomResourceDefinition",),
    ("PriorityClass", "StorageClass", "RuntimeClass", "IngressClass"),
    ("ResourceQuota", "LimitRange"),
    ("ServiceAccount",),
    ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    ("ConfigMap",),
    ("Secret",),
    ("PersistentVolume", "PersistentVolumeClaim"),
    ("Service",),
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob"),
    ("HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Ingress"),
)
_RANKS = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}

# The keys that readers look for first; every other key keeps its place.
_LEADING = ("apiVersion", "kind", "metadata", "name", "namespace", "image", "type", "immutable", "spec", "data")

# Text that kubectl's parser takes for a number or a boolean, while PyYAML would write it without quotes (1e3, 0o7, y).
_AMBIGUOUS = re.compile(r"[-+]?\.?[0-9][0-9a-fA-FxXoO_.:+-]*|[yYnN]")
# Line ends of YAML 1.1 that its readers turn into \n or drop, unless they are escaped.
_LINE_SEPARATORS = frozenset("\r\x85\u2028\u2029\ufeff")


@dataclass(frozen=True)
class Manifest:
    """One object, and the paths in it whose values were Pulumi secrets (a path covers all that is below it)."""

    body: Object = field(repr=False)
    secret_paths: frozenset[Path] = frozenset()


def order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """The manifests in the order in which they can be applied; within a group they keep the order given."""
    return sorted(manifests, key=lambda manifest: _RANKS.get(manifest.body.get("kind", ""), len(_ORDER)))


def to_yaml(manifests: Iterable[Manifest | Object], *, secrets: SecretsMode = "redact") -> str:
    """A YAML stream, ordered, one document for each object; "" for no objects.

    With `secrets="redact"` every value of a Secret and every value at a secret path is replaced: by REDACTED, or by
    its base64 where the API server decodes the field. Raises ImportError without PyYAML (the extra `offline`).
    """
    found = [each if isinstance(each, Manifest) else Manifest(each) for each in manifests]
    bodies = [redacted(each) if secrets == "redact" else each.body for each in order(found)]
    return "---\n".join(_dump(_arranged(body)) for body in bodies)


def block(value: Any) -> str:
    """A part of an object as the lines of block-style YAML."""
    return _dump(_arranged(value))


def redacted(manifest: Manifest) -> Object:
    """A copy of the object without secret values. Private keys in PEM go wherever they stand, marked or not."""
    encoded: set[Path] = {("data",)} if manifest.body.get("kind") == "Secret" else {("binaryData",)}
    hidden = set(manifest.secret_paths)
    if manifest.body.get("kind") == "Secret":
        hidden |= {("data",), ("stringData",)}
    return {key: _redact(value, (key,), frozenset(hidden), encoded) for key, value in manifest.body.items()}


def _redact(value: Any, path: Path, hidden: frozenset[Path], encoded: set[Path], below: bool = False) -> Any:
    secret = below or path in hidden
    if isinstance(value, Mapping):
        return {key: _redact(item, (*path, key), hidden, encoded, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_redact(item, (*path, index), hidden, encoded, secret) for index, item in enumerate(value)]
    if secret or (isinstance(value, str) and "PRIVATE KEY-----" in value):
        return REDACTED_BASE64 if path[:1] in encoded else REDACTED
    return value


def _arranged(value: Any) -> Any:
    """The same value with the conventional keys first, at every depth."""
    if isinstance(value, Mapping):
        leading = [key for key in _LEADING if key in value]
        return {key: _arranged(value[key]) for key in [*leading, *(key for key in value if key not in _LEADING)]}
    if isinstance(value, list | tuple):
        return [_arranged(item) for item in value]
    return value


def _dump(body: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Block style throughout; text of several lines stays readable."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's name
            return True  # the same dict used twice must not turn into an anchor

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        if _LINE_SEPARATORS & set(value):
            style: str | None = '"'
        elif "\n" in value:
            style = "|"
        else:
            style = "'" if _AMBIGUOUS.fullmatch(value) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    # width: folding a long line of JSON or a certificate in one line helps nobody who compares two renderings.
    return yaml.dump(body, Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=2**31)
