"""The documents of several files of Kubernetes YAML, and the objects in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pulumi_sidecar import manifests
from pulumi_sidecar.inject.edits import Edit, find
from pulumi_sidecar.inject.wanted import Object
from pulumi_sidecar.inject.workloads import GROUPS, TEMPLATES
from pulumi_sidecar.yaml_text import (
    READ_AS_YAML,
    TextError,
    edited,
    is_json,
    line_break,
    load,
    spelling,
    split,
    with_items,
    without,
)

MADE_FOR = "pulumi-sidecar/made-for"
"""The annotation of objects that are added to the stream: KIND/NAME of the workload."""
_OLD_GROUPS = {"apps": ("apps", "extensions")}


@dataclass
class Place:
    """An object within the texts."""

    file: int
    document: int
    prefix: tuple[str | int, ...]
    """Where in its document: within a List it is an item."""
    body: Object

    @property
    def kind(self) -> str:
        """As text, whatever stands there: it is looked up, and a list could not be."""
        return str(self.body.get("kind"))

    @property
    def label(self) -> str:
        """KIND/NAME."""
        return f"{self.kind}/{find(self.body, ('metadata', 'name'))}"

    @property
    def namespace(self) -> str | None:
        """The one that it tells."""
        found = find(self.body, ("metadata", "namespace"))
        return found if isinstance(found, str) else None

    @property
    def made_for(self) -> str | None:
        """KIND/NAME of the workload for which it was added."""
        found = find(self.body, ("metadata", "annotations", MADE_FOR))
        return str(found) if found else None

    @property
    def template(self) -> tuple[str, ...] | None:
        """Where a workload has its pod template; None for anything else, such as a custom resource of the same kind."""
        group = GROUPS.get(self.kind, "").rpartition("/")[0]
        return TEMPLATES[self.kind] if self.kind in TEMPLATES and self._is_of(group) else None

    @property
    def is_service(self) -> bool:
        """Whether it is Kubernetes' own Service; Knative has another."""
        return self.kind == "Service" and self._is_of("")

    def _is_of(self, group: str) -> bool:
        version = self.body.get("apiVersion")
        return version is None or str(version).rpartition("/")[0] in _OLD_GROUPS.get(group, (group,))

    def edits(self, path: tuple[str, ...], edits: Sequence[Edit]) -> list[Edit]:
        """Edits of something at `path` as edits of the object."""
        return [replace(each, path=(*path, *each.path)) for each in edits]


@dataclass
class Stream:
    """The documents of several files."""

    names: list[str]
    files: list[list[str]]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, names: Sequence[str], texts: Sequence[str]) -> Stream:
        """From the files' names, which errors tell, and their texts."""
        return cls(list(names), [split(text) for text in texts])

    def texts(self) -> list[str]:
        """The files' texts."""
        return ["".join(documents) for documents in self.files]

    def places(self) -> list[Place]:
        """Every object. Raises TextError with file and line where one cannot be read."""
        found = []
        for file, documents in enumerate(self.files):
            above = 0
            for number, text in enumerate(documents):
                try:
                    found += _objects(load(text, above), file, number)
                except TextError as error:
                    raise TextError(f"{self.names[file]}: {error}") from None
                above += text.count("\n")
        return found

    def change(self, place: Place, edits: Sequence[Edit]) -> None:
        """Edit an object's text."""
        try:
            self._put(place, edited(self._text(place), edits, place.prefix))
        except TextError as error:
            raise TextError(f"{self.names[place.file]}: {place.label}: {error}") from None

    def spelling(self, place: Place, path: Sequence[Any], value: Any) -> str | None:
        """How the object's text spells the value of a key, where that is not the usual way."""
        return spelling(self._text(place), place.prefix, path, value)

    def remove(self, places: Sequence[Place]) -> None:
        """Take objects out: whole documents, or a List's items."""
        for place in sorted(places, key=_order, reverse=True):  # what stands before keeps its number
            try:
                if place.prefix:
                    self._put(place, without(self._text(place), place.prefix))
                else:
                    self._drop(self.files[place.file], place.document)
            except TextError as error:
                raise TextError(f"{self.names[place.file]}: {place.label}: {error}") from None
        self._read_as_before({place.file for place in places})

    def add(self, beside: Place, made: Sequence[manifests.Manifest], instead: Sequence[Place]) -> None:
        """Put objects behind what is in the file of another: into its List where that is JSON, for kubectl reads no
        second document then. Those that take the place of others come to stand where these did."""
        if not made:
            return
        documents, bodies = self.files[beside.file], manifests.order(made)
        if beside.prefix and is_json(documents[beside.document]):
            self._add_items(beside, [each.body for each in bodies], instead)
            return
        there = [each.document for each in instead if not each.prefix and each.file == beside.file]
        written = [f"---\n{manifests.to_yaml([each], secrets='include')}" for each in bodies]
        _insert(documents, min(there, default=len(documents)), written)
        if is_json(documents[0]):
            documents[0] = READ_AS_YAML + documents[0]

    def _add_items(self, beside: Place, bodies: Sequence[Object], instead: Sequence[Place]) -> None:
        path, here = cast(tuple[str, ...], beside.prefix[:-1]), [beside.file, beside.document]
        known = [_order(each) for each in instead if each.prefix]
        there = [item for *document, item in known if document == here and item > 0]
        at = min(there, default=len(find(load(self._text(beside)), path)))
        self._put(beside, with_items(self._text(beside), path, at, bodies))

    def _text(self, place: Place) -> str:
        return self.files[place.file][place.document]

    def _put(self, place: Place, text: str) -> None:
        documents = self.files[place.file]
        documents[place.document] = text
        if split("".join(documents)) != documents:
            raise TextError("with it changed, documents would run into each other")

    def _drop(self, documents: list[str], number: int) -> None:
        gone = documents.pop(number)
        if number == len(documents) > 0 and not gone.endswith("\n"):  # the file has no line break at its end
            documents[-1] = documents[-1].removesuffix("\n").removesuffix("\r")

    def _read_as_before(self, files: set[int]) -> None:
        """Without the line that was needed for documents that have gone."""
        marked = {file for file in files if self.files[file] and self.files[file][0].startswith(READ_AS_YAML)}
        needed = {place.file for place in self.places() if place.made_for} if marked else set()
        for file in marked - needed:
            self.files[file][0] = self.files[file][0].removeprefix(READ_AS_YAML)


def _objects(body: Any, file: int, document: int) -> list[Place]:
    if not isinstance(body, dict):
        return []
    items = body.get("items") if str(body.get("kind", "")).endswith("List") else None
    if not isinstance(items, list):
        return [Place(file, document, (), body)]
    return [Place(file, document, ("items", at), item) for at, item in enumerate(items) if isinstance(item, dict)]


def _order(place: Place) -> tuple[int, int, int]:
    return place.file, place.document, cast(int, place.prefix[-1]) if place.prefix else 0


def _insert(documents: list[str], at: int, texts: list[str]) -> None:
    """Put documents before that of the number. A file without a line break at its end gets none: the last document
    has an end of its own, for the line break may be part of a value."""
    if at == len(documents) and not documents[-1].endswith("\n"):
        documents[-1] += line_break(documents[-1])
        texts[-1] += "..."
    documents[at:at] = texts
