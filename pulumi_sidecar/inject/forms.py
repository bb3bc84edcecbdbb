"""Kubernetes' own form (plain dicts, camelCase), and the SDK's: classes of arguments, and dicts in snake_case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pulumi import _types  # the SDK knows the names of every property, and tells them nowhere else

Kind = type[Any] | None
"""A class of arguments, where it is known what a dict stands for."""


def to_kubernetes(value: Any, kind: Kind = None) -> Any:
    """Arguments as plain dicts; the keys of a dict that stands for `kind` are translated. Outputs stay."""
    if _types.is_input_type(type(value)):
        kind, value = type(value), _types.input_type_to_dict(value)
    if isinstance(value, Mapping):
        names, kinds = _names(kind), _kinds(kind)
        translated: list[tuple[str, Any]] = [(str(names.get(key, key)), item) for key, item in value.items()]
        return {key: to_kubernetes(item, _inner(kinds.get(key))) for key, item in translated if item is not None}
    if _is_list(value):
        return [to_kubernetes(item, kind) for item in value]
    return value


def to_args(value: Any, kind: Kind) -> Any:
    """Plain dicts as arguments of `kind`."""
    if isinstance(value, Mapping):
        back, kinds = {name: ours for ours, name in _names(kind).items()}, _kinds(kind)
        items = {key: to_args(item, _inner(kinds.get(key))) for key, item in value.items()}
        if kind is None or not back.keys() >= items.keys():  # a property that this SDK does not know yet
            return items
        return kind(**{back[key]: item for key, item in items.items()})
    if _is_list(value):
        return [to_args(item, kind) for item in value]
    return value


def to_snake_case(value: Any, kind: Kind) -> Any:
    """Plain dicts as the SDK's dicts for `kind`, with keys in snake_case."""
    if isinstance(value, Mapping):
        back, kinds = {name: ours for ours, name in _names(kind).items()}, _kinds(kind)
        return {back.get(key, key): to_snake_case(item, _inner(kinds.get(key))) for key, item in value.items()}
    if _is_list(value):
        return [to_snake_case(item, kind) for item in value]
    return value


def is_snake_case(value: Any, kind: Kind) -> bool:
    """Whether a dict that stands for `kind` has a key, at any depth, that only snake_case has."""
    if _types.is_input_type(type(value)):
        return True
    if isinstance(value, Mapping):
        names, kinds = _names(kind), _kinds(kind)
        if any(names.get(key, key) != key for key in value):
            return True
        return any(is_snake_case(item, _inner(kinds.get(key))) for key, item in value.items())
    return _is_list(value) and any(is_snake_case(item, kind) for item in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _names(kind: Kind) -> dict[str, str]:
    return _types.input_type_py_to_pulumi_names(kind) if kind is not None else {}


def _kinds(kind: Kind) -> dict[str, Any]:
    return _types.input_type_types(kind) if kind is not None else {}


def _inner(annotation: Any) -> Kind:
    """The class of arguments in Input[X], or in Input[Sequence[Input[X]]]."""
    if annotation is None:
        return None
    annotation = _types.unwrap_type(annotation)
    if get_origin(annotation) in (list, Sequence):
        annotation = _types.unwrap_type(get_args(annotation)[0])
    return annotation if isinstance(annotation, type) and _types.is_input_type(annotation) else None
