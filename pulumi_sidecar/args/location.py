"""The way through the arguments' types: what may stand at a place, and what its property path is."""

from __future__ import annotations

import re
import types
from collections.abc import Awaitable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pulumi
from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo


def members(annotation: Any) -> list[Any]:
    """The alternatives of a type but None: of a union its members, else itself. Annotations stay on them."""
    inner = annotation
    while get_origin(inner) is Annotated:
        inner = get_args(inner)[0]
    if get_origin(inner) in (Union, types.UnionType):
        return [member for part in get_args(inner) for member in members(part) if not _is_late_type(member)]
    return [annotation]


def _is_late_type(annotation: Any) -> bool:
    return annotation is types.NoneType or get_origin(annotation) in (pulumi.Output, Awaitable)


def bare_type(annotation: Any) -> Any:
    """A type without its annotations."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _tags(annotation: Any) -> set[str]:
    """The names by which pydantic's location calls a member of a union."""
    tags = {mark.tag for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Tag)}
    bare = bare_type(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        tags.add(bare.__name__)
    return tags | kinds_of(annotation)


def _tag(step: str | int) -> str | int:
    """A model that checks itself as a whole is called function-after[its_check(), Model] in a location."""
    wrapped = re.fullmatch(r"function-\w+\[.*, (\w+)\]", str(step))
    return wrapped[1] if wrapped else step


def kinds_of(annotation: Any) -> set[str]:
    """What `kind` may be in a model of a tagged union."""
    bare = bare_type(annotation)
    if not (isinstance(bare, type) and issubclass(bare, BaseModel) and "kind" in bare.model_fields):
        return set()
    kind = bare.model_fields["kind"].annotation
    return set(get_args(kind)) if get_origin(kind) is Literal else set()


def is_sensitive(field: FieldInfo) -> bool:
    """Whether messages may not show the field's value."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("sensitive"))


class Location:
    """Follows pydantic's location through the types, writing the property path: app.env["PORT"], app.args[0]."""

    def __init__(self, root: Any, path: str, hidden: bool) -> None:
        self.types = members(root)
        self.path = path
        self.hidden = hidden
        self.names: list[str] = []
        """The names that are known at the last place where a name was looked up."""

    def enter(self, step: str | int) -> None:
        """Go on by one step of pydantic's location."""
        for candidate in self.types:
            bare = bare_type(candidate)
            called = len(self.types) > 1 and _tag(step) in _tags(candidate)
            if isinstance(bare, type) and issubclass(bare, BaseModel) and not called:
                if step in bare.model_fields or len(self.types) == 1:
                    self._field(bare, str(step))
                    return
            elif get_origin(bare) is dict and step != "[key]":
                self._item(get_args(bare)[1], f'["{step}"]')
                return
            elif get_origin(bare) in (tuple, list) and isinstance(step, int):
                self._item(get_args(bare)[0], f"[{step}]")
                return
        tagged = [candidate for candidate in self.types if _tag(step) in _tags(candidate)]
        self.types = tagged or self.types  # anything else is a name of pydantic's own, as "[key]"

    def _field(self, model: type[BaseModel], name: str) -> None:
        self.path = f"{self.path}.{name}" if self.path else name
        self.names = list(model.model_fields)
        field = model.model_fields.get(name)
        if field is None:
            self.types = []
            return
        self.hidden = self.hidden or is_sensitive(field)
        self.types = members(field.annotation)
        marks = field.metadata
        if marks and len(self.types) == 1:
            self.types = [Annotated[self.types[0], *marks]]

    def _item(self, annotation: Any, step: str) -> None:
        self.path += step
        self.types = members(annotation)


def item_type(annotation: Any, which: int) -> Any:
    """The type of what is in a dict (0: keys, -1: values) or a list (0); Any where it is neither."""
    for member in members(annotation):
        bare = bare_type(member)
        if get_origin(bare) in (dict, tuple, list):
            return get_args(bare)[which]
    return Any
