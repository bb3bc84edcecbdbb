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
    load,
    spelling,
    split,
    with_items,
    with_line_break,
    without,
    without_line_break,
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
    where: str = ""
    """The same for people: the file, and the line where the document begins."""

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
    def has_key(self) -> bool:
        """Whether it is a Secret with a private key."""
        fields = ("data", "stringData")
        return self.kind == "Secret" and any(find(self.body, (field, "tls.key")) for field in fields)

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
    _lines: list[int] = field(default_factory=list)
    """How many lines each file had."""
    _kept: dict[tuple[int, int], str] = field(default_factory=dict)
    """File and document → comments at its end that stood behind a document which has gone."""

    @classmethod
    def of(cls, names: Sequence[str], texts: Sequence[str]) -> Stream:
        """From the files' names, which errors tell, and their texts."""
        return cls(list(names), [split(text) for text in texts], _lines=[text.count("\n") + 1 for text in texts])

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
                    where = f"{self.names[file]}: line {above + _head(text) + 1}"
                    found += _objects(load(text, above), file, number, where)
                except TextError as error:
                    raise TextError(f"{self.names[file]}: {error}") from None
                above += text.count("\n")
        return found

    def keys(self) -> set[int]:
        """The files that hold a private key, in a Secret."""
        return {each.file for each in self.places() if each.has_key}

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
                    self._drop(place.file, place.document)
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
        self._insert(beside.file, min(there, default=len(documents)), written)
        if is_json(documents[0]):
            documents[0] = READ_AS_YAML + documents[0]

    def end_line(self, file: int) -> None:
        """Give a file a line break at its end, if it has none.

        :raises TextError: It would change a value.
        """
        documents = self.files[file]
        try:
            documents[-1] = with_line_break(documents[-1])
        except TextError as error:
            raise TextError(f"{self.names[file]}: line {self._lines[file]}: {error}") from None

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

    def _insert(self, file: int, at: int, texts: list[str]) -> None:
        """Put documents before that of the number. A file without a line break at its end gets none: the last document
        has an end of its own, for the line break may be part of a value."""
        documents = self.files[file]
        comments = self._kept.pop((file, at - 1), "")
        if comments:
            documents[at - 1] = documents[at - 1].removesuffix(comments)
        elif at == len(documents) and not documents[-1].endswith("\n"):
            self.end_line(file)
            texts[-1] += "..."
        texts[-1] += comments
        documents[at:at] = texts

    def _drop(self, file: int, number: int) -> None:
        """Take a document out. Comments behind it are not part of it."""
        documents = self.files[file]
        gone = documents.pop(number)
        self._kept.pop((file, number), None)
        comments = _comments_behind(gone)
        if comments and number:
            documents[number - 1] += comments
            self._kept[file, number - 1] = comments
        elif comments:
            documents[:0] = [comments]
        elif number == len(documents) > 0 and not gone.endswith("\n"):  # the file has no line break at its end
            documents[-1] = without_line_break(documents[-1])

    def _read_as_before(self, files: set[int]) -> None:
        """Without the line that was needed for documents that have gone."""
        marked = {file for file in files if self.files[file] and self.files[file][0].startswith(READ_AS_YAML)}
        marked -= {file for file, document in self._kept if document == 0}  # JSON has no comments
        needed = {place.file for place in self.places() if place.made_for} if marked else set()
        for file in marked - needed:
            self.files[file][0] = self.files[file][0].removeprefix(READ_AS_YAML)


def _objects(body: Any, file: int, document: int, where: str) -> list[Place]:
    if not isinstance(body, dict):
        return []
    items = body.get("items") if str(body.get("kind", "")).endswith("List") else None
    if not isinstance(items, list):
        return [Place(file, document, (), body, where)]
    return [
        Place(file, document, ("items", at), item, f"{where}, items[{at}]")
        for at, item in enumerate(items)
        if isinstance(item, dict)
    ]


def _order(place: Place) -> tuple[int, int, int]:
    return place.file, place.document, cast(int, place.prefix[-1]) if place.prefix else 0


def _head(text: str) -> int:
    """How many lines there are before what the document holds."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return next((number for number, line in enumerate(lines) if line not in ("", "---") and line[0] != "%"), 0)


def _comments_behind(text: str) -> str:
    """The lines at a document's end that are comments, from the first on."""
    lines = text.splitlines(keepends=True)
    first = len(lines)
    for number in reversed(range(len(lines))):
        if lines[number].startswith("#"):
            first = number
        elif lines[number].strip() and lines[number].strip()[0] != "#":
            break
    return "".join(lines[first:])
