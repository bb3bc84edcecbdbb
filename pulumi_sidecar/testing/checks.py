"""Checks to call on a Result. Each raises one AssertionError that names every offender, and never a secret's value."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_sidecar.manifests import Path as PropertyPath
from pulumi_sidecar.runtime.recorded import UNKNOWN
from pulumi_sidecar.runtime.recorder import STACK_REFERENCE
from pulumi_sidecar.testing.providers import matches
from pulumi_sidecar.testing.result import Resource, Result, leaves

_SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type
_SECRET_FIELDS = ("data", "stringData")
_DATA_FIELDS = (*_SECRET_FIELDS, "binaryData")
_SHORTEST_SECRET = 8
"""Shorter values that a program marks as secret ("admin", "5432") stand elsewhere by chance."""
_NAMING = ("name", "kind", "apiVersion")
_PRIVATE_KEY = "PRIVATE KEY-----"
_NOT_AWAITED = ("Calling __str__ on an Output", "<pulumi.output.Output object")


def assert_children_parented(result: Result, *, top_level: Collection[str] = ()) -> None:
    """Every resource belongs to a component: it has a parent, as have its parents up to a component at the top.

    At the top of the stack are components, explicit providers, and the resources that `top_level` names.
    """
    by_urn = {each.urn: each for each in result.resources}
    found = []
    for each in result.resources:
        top = each
        while top.parent in by_urn:
            top = by_urn[top.parent]
        if top.custom and not top.is_provider and top.name not in top_level:
            found.append(f"{_named(each)} has no component above it")
    _report("resources without a component for a parent", found, "Give them opts=ResourceOptions(parent=self).")


def assert_no_plain_secrets(result: Result, *values: str, allow: Collection[str] = ()) -> None:
    """No secret stands in plain: in an input, an output, an export, a message or a name.

    Secrets are the stack's secret configuration, every `values`, what the program, a provider or mock_stack_reference
    marks as secret, and the data of Kubernetes Secrets, also within lists, dicts and JSON; public keys and certificates
    are none, nor are short numbers, true, false and null, nor what `allow` lists. Where the whole spec of a Kubernetes
    object is secret, one value in it made it so, and nothing in there counts that is not marked elsewhere, too. A
    private key in PEM may stand nowhere unmarked. Base64 and JSON do not hide a secret from this check.
    """
    secrets = dict.fromkeys(values, "one of the given values")
    secrets |= dict.fromkeys(_configured(result, allow), "secret configuration")
    for value, origin in _marked(result):
        if value not in allow and len(value) >= _SHORTEST_SECRET:
            secrets.setdefault(value, origin)
    needles = [(form, origin) for value, origin in secrets.items() for form in _forms(value)]
    found = []
    for where, text in _plain(result):
        if _PRIVATE_KEY in text:
            found.append(f"{where} holds a private key")
        else:
            origins = dict.fromkeys(origin for form, origin in needles if form in text)
            found += [f"{where} holds a secret ({origin})" for origin in origins]
    _report("secrets in plain", found, "Keep them Outputs, and mark them: pulumi.Output.secret(…), require_secret.")


def assert_no_fixed_names(
    result: Result, *, kinds: Collection[str] = ("ConfigMap", "Secret"), allow: Collection[str] = ()
) -> None:
    """No ConfigMap or Secret has a metadata.name of the program's own, except those that `allow` lists.

    With a name of Pulumi's, changed data makes a new object, and what mounts it rolls. A fixed one is deleted first.
    """
    found = []
    for each in result.resources:
        name = _get(each.inputs.get("metadata"), "name")
        ours = each.package == "kubernetes" and each.custom and not each.read and not each.import_id
        if ours and any(matches(kind, each.type) for kind in kinds) and name and name not in allow:
            found.append(f"{_named(each)} is always called {name!r}")
    _report("objects with a fixed name", found, "Leave metadata.name out, and refer to the object's own output.")


def assert_outputs_resolved(result: Result) -> None:
    """Every export and every output of a component is known, and no text holds an Output that was not awaited.

    A component that never calls register_outputs is named too. Raises ValueError for a preview, where outputs are
    unknown by nature.
    """
    if result.preview:
        raise ValueError("outputs are resolved by an update; use MockStack.up")
    found = [f"the export {name!r} is not known" for name, output in result.outputs.items() if not output.known]
    for each in result.resources:
        if not each.custom and not each.remote:
            if each.registered_outputs is None:
                found.append(f"{_named(each)} never calls register_outputs")
            found += [
                f"{_named(each)}: output {_path(p)} is not known"
                for p, v in leaves(each.registered_outputs)
                if v == UNKNOWN
            ]
    texts = [(f"the export {name!r}", output.value) for name, output in result.outputs.items()]
    texts += [(_named(each), each.inputs) for each in result.resources]
    texts += [(_named(each), each.registered_outputs) for each in result.resources]
    for where, value in texts:
        found += [
            f"{where}: {_path(path)} holds the text of an Output"
            for path, text in leaves(value)
            if isinstance(text, str) and any(sign in text for sign in _NOT_AWAITED)
        ]
    missing = ", ".join(dict.fromkeys(f'"{each.type}"' for each in result.unmocked))
    _report("outputs that are not resolved", found, f"Without outputs here: {missing}." if missing else "")


def assert_provider_reaches_children(result: Result, component: Resource | str, provider: Resource | str) -> None:
    """Every resource below a component, so far as it is of the provider's package, uses that explicit provider.

    Component and provider are resources, or names. Raises AssertionError also where there is no such resource at all.
    """
    top = result.one(name=component) if isinstance(component, str) else component
    wanted = _provider(result, provider) if isinstance(provider, str) else provider
    below = [each for each in result.descendants(top) if each.custom and each.package == wanted.package]
    if not below:
        raise AssertionError(f"{_named(top)} has no children of the package {wanted.package!r}")
    found = [
        f"{_named(each)} uses {each.provider_urn.rpartition('::')[2] or 'the default provider'}"
        for each in below
        if each.provider_urn != wanted.urn
    ]
    _report(f"children that do not use {_named(wanted)}", found, "Do they have parent=self?")


def _provider(result: Result, name: str) -> Resource:
    found = [each for each in result.resources if each.is_provider and each.name == name]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} explicit providers are called {name!r}")
    return found[0]


# --- secrets ----------------------------------------------------------------------------------------------------------


def _configured(result: Result, allow: Collection[str]) -> list[str]:
    return [each for each in result.secret_config if each and each not in allow and not _is_common(each)]


def _is_common(configured: str) -> bool:
    """Whether it is a short number, true, null, [] or the like, which stands elsewhere by chance. Short words count."""
    try:
        is_text = isinstance(json.loads(configured), str)
    except ValueError:
        is_text = True
    return not is_text and len(configured) < _SHORTEST_SECRET


def _marked(result: Result) -> Iterator[tuple[str, str]]:
    """Values that are secrets, and what makes them so."""
    for configured in result.secret_config:
        with contextlib.suppress(ValueError):
            if isinstance(parts := json.loads(configured), dict | list):  # for require_secret_object
                yield from _texts(parts, (), "secret configuration")
    for each in result.resources:
        for path in each.secret_paths:
            value = _at(each.inputs, path)
            if not _by_contagion(each, path, value):
                yield from _parts(each, path, value)
        yield from _texts(_made(each, secret=True), (), _named(each))
        if each.type == _SECRET_TYPE:
            for key in _SECRET_FIELDS:
                values = each.inputs.get(key)
                for name, value in values.items() if isinstance(values, Mapping) else ():
                    text = _decoded(value) if key == "data" else value
                    if isinstance(text, str) and not _is_public(text):
                        yield text, f"{key}.{name} of {_named(each)}"


def _texts(value: Any, path: PropertyPath, of: str) -> Iterator[tuple[str, str]]:
    for place, text in leaves(value, path, keys=False):
        if isinstance(text, str) and not _is_public(text):
            yield text, f"{_path(place)} of {of}" if place else of


def _parts(each: Resource, path: PropertyPath, value: Any) -> Iterator[tuple[str, str]]:
    """The texts in a marked value. Of a part of a Kubernetes object no names: other objects have the same."""
    unnamed = _NAMING if _is_object_part(each, path, value) else ()
    for place, text in leaves(value, path, keys=False):
        if place[-1] not in unnamed:
            yield from _texts(text, place, _named(each))


def _by_contagion(each: Resource, path: PropertyPath, value: Any) -> bool:
    """Whether a secret is somewhere in a whole part of a Kubernetes object: a spec, or a pod template, that one Output
    made secret.

    What else stands there ("ClusterIP") is in every object.
    """
    return (len(path) == 1 or path[-1] == "template") and _is_object_part(each, path, value)


def _is_object_part(each: Resource, path: PropertyPath, value: Any) -> bool:
    return each.package == "kubernetes" and not isinstance(value, str) and path[0] not in _DATA_FIELDS


def _made(each: Resource, *, secret: bool) -> dict[str, Any]:
    """What a provider adds to the inputs, so far as it is secret, or is not. Another stack's outputs are one by one."""
    if each.type == STACK_REFERENCE:
        made, names = each.outputs.get("outputs"), each.outputs.get("secretOutputNames")
        made = made if isinstance(made, Mapping) else {}  # else it is not known
        secrets = set(names) if isinstance(names, list) else set()
    else:
        made = {key: value for key, value in each.outputs.items() if key not in each.inputs}
        secrets = set(each.secret_outputs)
    return {key: value for key, value in made.items() if (key in secrets) is secret}


def _plain(result: Result) -> Iterator[tuple[str, str]]:
    """Every text that is no secret, and where it stands."""
    for each in result.resources:
        yield _named(each), each.name
        hidden = _SECRET_FIELDS if each.type == _SECRET_TYPE else ()
        for path, value in leaves(each.inputs):
            if path[0] not in hidden and not each.is_secret(*path):
                yield from _text(f"{_named(each)}: input {_path(path)}", value)
        for path, value in leaves(_made(each, secret=False)):
            yield from _text(f"{_named(each)}: output {_path(path)}", value)
        for path, value in leaves(each.registered_outputs or {}):
            if not any(path[: len(secret)] == secret for secret in each.secret_registered_outputs):
                yield from _text(f"{_named(each)}: output {_path(path)}", value)
    for name, output in result.outputs.items():
        if not output.secret:
            for path, value in leaves(output.value):
                yield from _text(f"the export {_path((name, *path))}", value)
    for message in result.diagnostics:
        yield "a message of the program", message.message


def _text(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value != UNKNOWN:
        yield where, value


def _forms(value: str) -> set[str]:
    """The ways in which a text gets into another: as it is, without its last line end, in JSON, in base64."""
    plain = {value, value.strip()} - {""}
    encoded = {base64.b64encode(each.encode()).decode() for each in {value, *plain}}
    return plain | {json.dumps(each)[1:-1] for each in plain} | encoded | set(_within_base64(value.strip()))


def _within_base64(value: str) -> Iterator[str]:
    """What of a text is seen in the base64 of a longer one, of which three bytes become four characters; without the
    characters at both ends that its neighbours have a part in."""
    data = value.encode()
    if len(data) < _SHORTEST_SECRET:
        return
    for before in range(3):
        shared = (before + len(data)) % 3 != 0
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(before) + data).decode().rstrip("=")
            yield encoded[(0, 2, 3)[before] : -1 if shared else None]


def _is_public(value: str) -> bool:
    return value == UNKNOWN or ("-----BEGIN " in value and _PRIVATE_KEY not in value)


def _decoded(value: Any) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
        return None


# --- words ------------------------------------------------------------------------------------------------------------


def _report(what: str, found: list[str], remedy: str) -> None:
    if found:
        raise AssertionError("\n".join([f"{what}:", *(f"  - {each}" for each in found), *([remedy] if remedy else [])]))


def _named(each: Resource) -> str:
    return f"{each.type} {each.name!r}"


def _path(path: PropertyPath) -> str:
    text = ""
    for step in path:
        plain = isinstance(step, str) and step.isidentifier()
        text += (f".{step}" if text else step) if plain and isinstance(step, str) else f"[{json.dumps(step)}]"
    return text


def _at(value: Any, path: PropertyPath) -> Any:
    for step in path:
        value = value[step]
    return value


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None
