"""Transforms of resources and invokes, run as the engine runs them.

The engine gives a transform Outputs for what is secret or unknown, and a resource's own transforms Outputs for every
property that depends on something (https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/source_eval.go,
upgradeOutputValues).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, cast

from google.protobuf import struct_pb2
from pulumi.runtime._callbacks import _CallbackServicer  # the SDK's own MockMonitor finds transforms here too
from pulumi.runtime.proto import resource_pb2

from pulumi_sidecar.runtime.wire import SECRET, SIGNATURE, UNKNOWN, now

_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# What a transform may change: name in TransformResourceOptions → name in the registration.
_OPTIONS = {
    "depends_on": "dependencies",
    "protect": "protect",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "aliases": "aliases",
    "provider": "provider",
    "providers": "providers",
    "retain_on_delete": "retainOnDelete",
    "delete_before_replace": "deleteBeforeReplace",
    "additional_secret_outputs": "additionalSecretOutputs",
    "custom_timeouts": "customTimeouts",
    "version": "version",
    "plugin_download_url": "pluginDownloadURL",
    "plugin_checksums": "pluginChecksums",
    "deleted_with": "deletedWith",
    "import": "importId",
    "hooks": "hooks",
    "hide_diff": "hideDiffs",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
}
_INVOKE_OPTIONS = {
    "provider": "provider",
    "version": "version",
    "plugin_download_url": "pluginDownloadURL",
    "plugin_checksums": "pluginChecksums",
}


def _shared(options: Mapping[str, str], left: Any, right: Any) -> dict[str, str]:
    """The fields that both messages have: those of the last years are not in every SDK."""
    here, there = left.DESCRIPTOR.fields_by_name, right.DESCRIPTOR.fields_by_name
    return {option: name for option, name in options.items() if option in here and name in there}


_TRANSFORMED = _shared(_OPTIONS, resource_pb2.TransformResourceOptions, resource_pb2.RegisterResourceRequest)


def transformed(request: Any, own: Sequence[Any], others: Sequence[Any]) -> Any:
    """A copy of the registration after its own transforms and others'. What they raise comes through as it is."""
    if not own and not others:
        return request
    changed = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    dependencies = {key: list(value.urns) for key, value in request.propertyDependencies.items()} if own else {}
    changed.object.CopyFrom(_with_outputs(request.object, dependencies))
    for callback in [*own, *others]:
        asked = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=changed.object,
        )
        changed, answer = _after(changed, callback, asked, _TRANSFORMED)
        changed.object.CopyFrom(answer.properties)
    changed.object.CopyFrom(_without_outputs(struct_pb2.Value(struct_value=changed.object)).struct_value)
    return changed


def invoked(request: Any, callbacks: Sequence[Any]) -> Any:
    """A copy of the invoke after the stack's invoke transforms."""
    for callback in callbacks:
        asked = resource_pb2.TransformInvokeRequest(token=request.tok, args=request.args)
        request, answer = _after(request, callback, asked, _shared(_INVOKE_OPTIONS, asked.options, request))
        request.args.CopyFrom(answer.args)
    return request


def _after(request: Any, callback: Any, asked: Any, options: Mapping[str, str]) -> tuple[Any, Any]:
    """A copy of the request with the options that one transform gives, and all of its answer to what is asked."""
    asked.options.SetInParent()
    for option, name in options.items():
        _copy(request, name, asked.options, option)
    answer = _call_back(callback, asked)
    changed = type(request)()
    changed.CopyFrom(request)
    if answer.HasField("options"):
        for option, name in options.items():
            _copy(answer.options, option, changed, name)
    return changed, answer


# --- values -----------------------------------------------------------------------------------------------------------


def _with_outputs(properties: struct_pb2.Struct, dependencies: Mapping[str, Sequence[str]]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    for name, value in properties.fields.items():
        upgraded, needed = _upgraded(value), dependencies.get(name)
        if needed and not set(needed) <= _dependencies(upgraded):
            upgraded = upgraded if _signature(upgraded) == _OUTPUT else _output(upgraded)
            upgraded.struct_value.update({"dependencies": list(needed)})
        found.fields[name].CopyFrom(upgraded)
    return found


def _upgraded(value: struct_pb2.Value) -> struct_pb2.Value:
    """With Outputs for secrets and unknowns."""
    if value.string_value == UNKNOWN:
        return _output(None)
    if _signature(value) == SECRET:
        inner = value.struct_value.fields["value"]
        return _output(None if inner.string_value == UNKNOWN else inner, secret=True)
    return value if _signature(value) else _inside(value, _upgraded)


def _without_outputs(value: struct_pb2.Value) -> struct_pb2.Value:
    """Secrets and unknowns as the providers get them."""
    if _signature(value) != _OUTPUT:
        return value if _signature(value) not in ("", SECRET) else _inside(value, _without_outputs)
    fields = value.struct_value.fields
    plain = _without_outputs(fields["value"]) if "value" in fields else struct_pb2.Value(string_value=UNKNOWN)
    if not fields["secret"].bool_value:
        return plain
    marked = struct_pb2.Value()
    marked.struct_value.update({SIGNATURE: SECRET})
    marked.struct_value.fields["value"].CopyFrom(plain)
    return marked


def _inside(value: struct_pb2.Value, change: Any) -> struct_pb2.Value:
    """A copy of a list or map with each item changed; anything else as it is."""
    found = struct_pb2.Value()
    if value.HasField("list_value"):
        found.list_value.values.extend(change(item) for item in value.list_value.values)
        found.list_value.SetInParent()
        return found
    if value.HasField("struct_value"):
        for name, item in value.struct_value.fields.items():
            found.struct_value.fields[name].CopyFrom(change(item))
        found.struct_value.SetInParent()
        return found
    return value


def _output(value: struct_pb2.Value | None, *, secret: bool = False) -> struct_pb2.Value:
    """An Output on the wire; None is an unknown one."""
    found = struct_pb2.Value()
    found.struct_value.update({SIGNATURE: _OUTPUT, **({"secret": True} if secret else {})})
    if value is not None:
        found.struct_value.fields["value"].CopyFrom(value)
    return found


def _signature(value: struct_pb2.Value) -> str:
    fields = value.struct_value.fields
    return fields[SIGNATURE].string_value if SIGNATURE in fields else ""


def _dependencies(value: struct_pb2.Value) -> set[str]:
    """The resources that Outputs inside depend on."""
    if value.HasField("list_value"):
        return {urn for item in value.list_value.values for urn in _dependencies(item)}
    fields = value.struct_value.fields
    found = {urn for name, item in fields.items() if name != "dependencies" for urn in _dependencies(item)}
    if _signature(value) == _OUTPUT and "dependencies" in fields:
        found |= {item.string_value for item in fields["dependencies"].list_value.values}
    return found


# --- the call ---------------------------------------------------------------------------------------------------------


def _copy(source: Any, source_name: str, target: Any, target_name: str) -> None:
    """Copy one field of a message, whatever its kind; a field that is unset ends up unset."""
    target.ClearField(target_name)
    field_ = source.DESCRIPTOR.fields_by_name[source_name]
    value = getattr(source, source_name)
    if hasattr(value, "items"):
        getattr(target, target_name).update(value)
    elif hasattr(value, "extend"):
        getattr(target, target_name).extend(value)
    elif not field_.has_presence:
        setattr(target, target_name, value)
    elif source.HasField(source_name):
        if field_.message_type:
            getattr(target, target_name).CopyFrom(value)
        else:
            setattr(target, target_name, value)


def _call_back(callback: Any, asked: Any) -> Any:
    """Call a transform in this process, rather than over gRPC, so that the user's own exception is what is raised."""
    for servicer in _CallbackServicer._servicers:
        if function := servicer._callbacks.get(callback.token):
            work = cast(Coroutine[Any, Any, Any], function(asked.SerializeToString()))
            return _run_on(servicer._loop, work)
    raise RuntimeError(f"no transform is registered under {callback.token}")


def _run_on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if loop is not here and loop.is_running():
        return asyncio.run_coroutine_threadsafe(work, loop).result()
    return now(work)
