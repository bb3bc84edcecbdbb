"""Names as people know them: without the ends that Pulumi makes up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pulumi_sidecar import offline
from pulumi_sidecar.manifests import REDACTED, Manifest, Object, redacted
from pulumi_sidecar.survey.unknown import NotKnown, told

_SECRET_DATA = ("data", "stringData")
_MADE_UP = re.compile(r"-[0-9a-f]{8}")


class Names:
    """The objects of a program by kind, namespace and name, and how each is shown."""

    def __init__(self, run: offline.Run) -> None:
        found = [(each.name, _manifest(each)) for each in run.resources if each.is_object]
        self.unredacted: Sequence[Object] = [each.body for _, each in found]
        """For what reads configurations. Nothing of it is shown."""
        self.objects: Sequence[Object] = [_readable(name, each) for name, each in found]
        self._by_place = {place(each): each for each in self.objects}
        self._parents = dict(
            zip(map(place, self.objects), (r.parent for r in run.resources if r.is_object), strict=True)
        )
        self._shown: dict[tuple[str, str, str], str] = {}
        for resource in run.resources:
            metadata = told(resource.inputs.get("metadata"))
            if resource.type.startswith("kubernetes:") and not (metadata or {}).get("name"):
                body = {"kind": resource.inputs.get("kind"), "metadata": resource.outputs.get("metadata") or {}}
                self._shown[place(body)] = resource.name

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of the program, or None."""
        return self._by_place.get((kind, namespace, name))

    def parent(self, kind: str, namespace: str, name: str) -> str:
        """The URN of the resource that made the object; "" where the program itself did."""
        return self._parents.get((kind, namespace, name), "")

    def shown(self, kind: str, namespace: str, name: str) -> str:
        """The name that the user gave: the object's own, or the resource's where Pulumi makes the rest up."""
        given = self._shown.get((kind, namespace, name))
        made_up = given is not None and name.startswith(given) and _MADE_UP.fullmatch(name[len(given) :])
        return given if given is not None and made_up else name


def _manifest(of: offline.Recorded) -> Manifest:
    if of.outputs.get("metadata") == offline.UNKNOWN:
        of = replace(of, outputs={"metadata": {"name": offline.UNKNOWN, "namespace": offline.UNKNOWN}})
    return of.manifest()


def _readable(name: str, of: Manifest) -> Object:
    """What may be shown. A name that is not known, or is a secret, has the resource's in it: it is nobody else's."""
    # Of Secrets' data only the names of files and the certificates are read.
    raw = _SECRET_DATA if of.body.get("kind") == "Secret" else ()
    body: Object = told({**redacted(of), **{key: of.body[key] for key in raw if key in of.body}})
    if isinstance(body["metadata"].get("name"), NotKnown):
        body["metadata"]["name"] = f"{name} (name not known)"
    elif body["metadata"].get("name") == REDACTED:
        body["metadata"]["name"] = f"{name} (name redacted)"
    return body


def place(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace and name of an object."""
    metadata = body.get("metadata") or {}
    return str(body.get("kind")), str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
