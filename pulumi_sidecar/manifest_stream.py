"""The documents of several files of Kubernetes YAML, and the objects in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pulumi_sidecar.inject.edits import Edit, find
from pulumi_sidecar.inject.wanted import Object
from pulumi_sidecar.yaml_text import edited, load, split


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

    def edits(self, path: tuple[str, ...], edits: Sequence[Edit]) -> list[Edit]:
        """Edits of something at `path` as edits of the object."""
        return [Edit(each.op, (*path, *each.path), each.value) for each in edits]


@dataclass
class Stream:
    """The documents of several files."""

    files: list[list[str]]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Stream:
        """From the files' texts."""
        return cls([split(text) for text in texts])

    def texts(self) -> list[str]:
        """The files' texts."""
        return ["".join(documents) for documents in self.files]

    def places(self) -> list[Place]:
        """Every object."""
        found = []
        for file, documents in enumerate(self.files):
            for number, text in enumerate(documents):
                body = load(text)
                if not isinstance(body, dict):
                    continue
                items = body.get("items") if str(body.get("kind", "")).endswith("List") else None
                if isinstance(items, list):
                    inner = [(("items", index), item) for index, item in enumerate(items) if isinstance(item, dict)]
                    found += [Place(file, number, prefix, item) for prefix, item in inner]
                else:
                    found.append(Place(file, number, (), body))
        return found

    def change(self, place: Place, edits: Sequence[Edit]) -> None:
        """Edit an object's text."""
        documents = self.files[place.file]
        documents[place.document] = edited(documents[place.document], edits, place.prefix)
