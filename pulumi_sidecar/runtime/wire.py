"""The wire protocol between SDK and engine, as far as a mock monitor has to speak it."""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from pulumi_sidecar.manifests import Path

UNKNOWN: str = rpc.UNKNOWN
"""Stands in inputs and outputs for a value that only the engine can know."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, and is none
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


@dataclass
class Marks:
    """The paths of special values that `decode` met."""

    secrets: set[Path] = field(default_factory=set)
    unknowns: set[Path] = field(default_factory=set)


def decode(value: Any, marks: Marks, path: Path = ()) -> Any:
    """A value from the wire as plain Python: keys sorted, as a protobuf map has no order, and nulls in maps dropped."""
    if isinstance(value, struct_pb2.Value):
        return decode(getattr(value, value.WhichOneof("kind") or "null_value"), marks, path) if _is_set(value) else None
    if isinstance(value, struct_pb2.Struct):
        fields = value.fields
        signature = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
        if signature == SECRET:
            marks.secrets.add(path)
            return decode(fields["value"], marks, path)
        if signature == _RESOURCE:
            return decode(fields["id"] if "id" in fields else fields["urn"], marks, path)
        return {key: decode(fields[key], marks, (*path, key)) for key in sorted(fields) if _is_set(fields[key])}
    if isinstance(value, struct_pb2.ListValue):
        return [decode(item, marks, (*path, index)) for index, item in enumerate(value.values)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value == UNKNOWN:
        marks.unknowns.add(path)
    return value


def _is_set(value: struct_pb2.Value) -> bool:
    return value.WhichOneof("kind") not in (None, "null_value")


def encode(state: Mapping[str, Any], secret: Iterable[str] = ()) -> struct_pb2.Struct:
    """The state on the wire, the named properties as secrets."""
    wrapped = {key: rpc.wrap_rpc_secret(value) if key in secret else value for key, value in state.items()}
    return cast(struct_pb2.Struct, now(rpc.serialize_properties(wrapped, {})))


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end here.

    Most never wait, so the event loop is not pumped for them: the SDK's _sync_await would start other registrations
    inside this one, and a program with a few hundred resources would end in a RecursionError.
    """
    _ensure_event_loop()  # type: ignore[no-untyped-call]  # the SDK's
    try:
        pending = work.send(None)
    except StopIteration as done:
        return done.value
    if hasattr(pending, "_asyncio_future_blocking"):
        # A mark for the task that is yielded to, and there is none yet: until there is, others may wait for it as well.
        pending._asyncio_future_blocking = False
    return _sync_await(_resumed(work, pending))


@types.coroutine
def _resumed(work: Coroutine[Any, Any, Any], pending: Any) -> Generator[Any, Any, Any]:
    while True:
        failure: BaseException | None = None
        sent: Any = None
        if hasattr(pending, "_asyncio_future_blocking"):
            pending._asyncio_future_blocking = True
        try:
            sent = yield pending
        except BaseException as error:  # cancelled, or the awaited future failed: the coroutine's to handle
            failure = error
        try:
            pending = work.throw(failure) if failure else work.send(sent)
        except StopIteration as done:
            return done.value


def options(request: Any) -> dict[str, Any]:
    """The resource options of a registration or a read, by the names that Recorded gives them."""
    return {
        "parent": request.parent,
        "provider": request.provider,
        "dependencies": tuple(request.dependencies),
        "providers": dict(getattr(request, "providers", {})),
        "aliases": tuple(_alias(each) for each in getattr(request, "aliases", ())) or tuple(_get(request, "aliasURNs")),
        "property_dependencies": {
            key: tuple(value.urns) for key, value in getattr(request, "propertyDependencies", {}).items()
        },
        "custom": getattr(request, "custom", True),
        "remote": getattr(request, "remote", False),
        "protect": getattr(request, "protect", False),
        "retain_on_delete": getattr(request, "retainOnDelete", False),
        "delete_before_replace": getattr(request, "deleteBeforeReplace", False),
        "ignore_changes": tuple(_get(request, "ignoreChanges")),
        "replace_on_changes": tuple(_get(request, "replaceOnChanges")),
    }


def _get(request: Any, name: str) -> Iterable[str]:
    return cast(Iterable[str], getattr(request, name, ()))  # a read has fewer fields than a registration


def _alias(alias: Any) -> str | Mapping[str, Any]:
    if alias.WhichOneof("alias") == "urn":
        return cast(str, alias.urn)
    return {descriptor.name: value for descriptor, value in alias.spec.ListFields() if value != ""}


def place(request: Any) -> str:
    """Which resource a failure is about, and where the program declares it: the SDK's tasks leave no traceback."""
    position = request.sourcePosition
    file = unquote(position.uri.removeprefix("file://"))
    return f"in {request.type} {request.name!r}" + (f', File "{file}", line {position.line}' if file else "")


def sdk_is_recent() -> bool:
    """Whether the SDK can be told that an output is unknown. Without that a gap would be rendered as nothing at all."""
    response = getattr(resource_pb2, "ResourceInvokeResponse", None)
    fields = resource_pb2.RegisterResourceResponse.DESCRIPTOR.fields_by_name
    return response is not None and "unknown" in fields and "unknown" in response.DESCRIPTOR.fields_by_name


class Reply:
    """A response that says of some outputs that they are secrets and unknown, which in an update the wire cannot say.

    Only for an SDK in the same process: it reads fields, and values that are decoded already it takes as they are.
    """

    def __init__(self, response: Any, field_name: str, secret_unknowns: Iterable[str]) -> None:
        self._response = response
        marks = {key: rpc.wrap_rpc_secret(pulumi.UNKNOWN) for key in secret_unknowns}
        setattr(self, field_name, {**dict(getattr(response, field_name).items()), **marks})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)


def unknown_result() -> Any:
    """The answer to a call (of a resource's method) whose result is not known. The same holds as for Reply."""
    return types.SimpleNamespace(failures=(), returnDependencies={}, **{"return": {"unknown": pulumi.UNKNOWN}})


def mark_unknown(response: Any, unevaluated: str | None, *, remote: bool = False) -> None:
    """Tell the SDK that the outputs that are missing are unknown, rather than None."""
    if unevaluated is None:
        return
    if remote:
        # `unknown` is for custom resources; a component whose registration failed has unknown outputs all the same.
        response.result = resource_pb2.Result.FAIL
    else:
        response.unknown = True
