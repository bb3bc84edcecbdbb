"""From what the engine sends to the dict form of the arguments.

The SDK's own way loses where in the arguments a secret or an unknown stood, and takes no Output for a number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pulumi
from google.protobuf import struct_pb2
from pulumi.output import _OutputData
from pulumi.runtime import rpc
from pydantic import BaseModel

from pulumi_sidecar.inputs import FromPulumi
from pulumi_sidecar.plugin.spelling import camel

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks secrets, Outputs, references and assets on the wire."""


# --- from the wire ----------------------------------------------------------------------------------------------------


def received(inputs: struct_pb2.Struct) -> dict[str, Any]:
    """Plain values, and Outputs in the very places where a secret, an unknown or an Output was sent.

    Names are in their own order: the wire keeps none, and pods must not change from run to run.
    """
    found = {name: _value(inputs.fields[name]) for name in sorted(inputs.fields)}
    return {name: value for name, value in found.items() if value is not None}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        if _SIGNATURE in value.struct_value.fields:
            return _late(rpc.deserialize_property(value.struct_value, keep_unknowns=True))
        return received(value.struct_value)
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number  # the wire knows no integers
    if kind == "string_value":
        return _unknown() if value.string_value == rpc.UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _late(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return pulumi.Output.secret(rpc.unwrap_rpc_secret(value))
    return _unknown() if isinstance(value, pulumi.output.Unknown) else value


def _unknown() -> pulumi.Output[Any]:
    future: asyncio.Future[_OutputData[Any]] = asyncio.Future()
    future.set_result(_OutputData(resources=set(), value=None, is_known=False, is_secret=False))
    made: pulumi.Output[Any] = pulumi.Output._from_data(future)
    return made


# --- to the dict form -------------------------------------------------------------------------------------------------


def dict_form(value: Any, annotation: Any) -> Any:
    """`value` with the names that the models have, where they are arguments and not keys of the user's own."""
    models = list(_models(annotation))
    if isinstance(value, Mapping) and models:
        return _arguments(value, models)
    if isinstance(value, Mapping):
        inner = next(_items(annotation, dict), (Any, Any))[1]
        return {key: dict_form(item, inner) for key, item in value.items()}
    if isinstance(value, list):
        inner = next(_items(annotation, tuple), (Any,))[0]
        return [dict_form(item, inner) for item in value]
    return value


def _arguments(value: Mapping[str, Any], models: list[type[BaseModel]]) -> dict[str, Any]:
    """The names of the kind, and those of other kinds, which the models then refuse by their path."""
    chosen = [model for model in models if value.get("kind") in _kinds(model)]
    types: dict[str, tuple[str, Any]] = {}
    for model in [*(each for each in models if each not in chosen), *chosen]:
        for name, hint in get_type_hints(model, include_extras=True).items():
            if name in model.model_fields:
                types[camel(name)] = (name, hint)
    result = {}
    for given, item in value.items():
        name, hint = types.get(given, (given, Any))
        result[name] = dict_form(item, hint)
    return result


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None else ()


def _alternatives(annotation: Any) -> Iterator[Any]:
    bare = annotation
    while get_origin(bare) is Annotated:
        if any(isinstance(mark, FromPulumi) for mark in bare.__metadata__):
            return
        bare = get_args(bare)[0]
    if get_origin(bare) in (Union, UnionType):
        for member in get_args(bare):
            yield from _alternatives(member)
    elif bare is not NoneType:
        yield bare


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for each in _alternatives(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each


def _items(annotation: Any, container: type) -> Iterator[tuple[Any, ...]]:
    for each in _alternatives(annotation):
        if get_origin(each) is container:
            yield get_args(each)
