"""Wrong values for every argument: one error, of one kind, at that argument's path."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.checks import check
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject.wanted import wanted

# Models whose required fields need a value, so that the rest of the arguments is right.
NEEDED: dict[str, Any] = {
    "image": "a",
    "port": 8080,
    "key": "k",
    "secret": "s",
    "config_map": "c",
    "name": "n",
    "claim_name": "c",
    "volume": "v",
    "mount_path": "/v",
    "url_path": "/s/",
    "issuer": "i",
    "hosts": ["h.example"],
    "cidr": "10.0.0.0/8",
    "max_replicas": 3,
    "value": "1",
    "api_version": "v1",
    "object_kind": "Service",
    "object_name": "o",
    "topology_key": "zone",
    "match": [{"key": "disk", "values": ["fast"]}],
    "match_labels": {"a": "b"},
}


def _members(annotation: Any) -> Iterator[Any]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _start(model: type[BaseModel]) -> dict[str, Any]:
    """The least that a model needs."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name == "kind":
            found[name] = field.default
        elif field.is_required() or (name == "port" and model.__name__ == "App"):
            inner = [m for m in _members(field.annotation) if isinstance(m, type) and issubclass(m, BaseModel)]
            found[name] = _start(inner[0]) if inner else NEEDED.get(name, _pem(name))
    return found


def _pem(name: str) -> str:
    kind = "PRIVATE KEY" if "private_key" in name else "CERTIFICATE"
    return f"-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n"


Where = tuple[str, dict[str, Any], tuple[Any, ...]]
"""Property path, arguments that hold something there, and the steps to it."""
Place = tuple[type[Args], str, dict[str, Any], tuple[Any, ...]]
"""The same, and whose arguments they are."""


def _walk(model: type[BaseModel], path: str, root: dict[str, Any], steps: tuple[Any, ...]) -> Iterator[Where]:
    for name, field in model.model_fields.items():
        here, way = f"{path}.{name}" if path else name, (*steps, name)
        yield here, root, way
        for member in _members(field.annotation):
            yield from _inside(member, here, root, way)


def _inside(member: Any, path: str, root: dict[str, Any], steps: tuple[Any, ...]) -> Iterator[Where]:
    origin = get_origin(member)
    if isinstance(member, type) and issubclass(member, BaseModel):
        yield from _walk(member, path, _with(root, steps, _start(member)), steps)
    elif origin is tuple:
        step, item = 0, get_args(member)[0]
        outer = _with(root, steps, [None])
    elif origin is dict:
        step, item = "a", get_args(member)[1]  # type: ignore[assignment]
        outer = _with(root, steps, {"a": None})
    if origin in (tuple, dict):
        inner = f'{path}["a"]' if step == "a" else f"{path}[0]"
        yield inner, outer, (*steps, step)
        for each in _members(item):
            yield from _inside(each, inner, outer, (*steps, step))


def _with(root: dict[str, Any], steps: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(root)
    holder: Any = changed
    for step in steps[:-1]:
        if isinstance(holder, dict) and step not in holder:
            holder[step] = {}
        holder = holder[step]
    holder[steps[-1]] = value
    return changed


ROOTS: dict[type[Args], dict[str, Any]] = {
    SidecarDeploymentArgs: {**_start(SidecarDeploymentArgs), "proxy": {"kind": "nginx"}},
    SidecarInjectionArgs: {"app": {"port": 8080}, "proxy": {"kind": "nginx"}},
}


def _places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for model, root in ROOTS.items():
        for where in _walk(model, "", root, ()):
            if model is SidecarInjectionArgs and not (len(where[2]) == 1 or where[2][0] in ("app", "service")):
                continue  # of the very same type as a deployment's
            # The same path within another kind (volumes, tls …) is another place.
            kinds = [holder["kind"] for holder in _holders(where) if isinstance(holder, dict) and "kind" in holder]
            whose = ["injection"] if model is SidecarInjectionArgs else []
            found[" ".join([where[0], *kinds, *whose])] = (model, *where)
    return found


def _holders(where: Where) -> Iterator[Any]:
    holder: Any = where[1]
    for step in where[2][:-1]:
        holder = holder.get(step, {}) if isinstance(holder, dict) else holder[step]
        yield holder


PLACES = _places()
everywhere = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


class Strange:
    """Of no type that any argument takes."""


NEVER: list[Any] = [Strange(), Strange, math.nan, 1j, lambda: None, ...]

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.integers() | st.sampled_from(["kind", "name", "image"]), inner, max_size=3
        )
        | st.tuples(inner)
        | st.sets(st.integers(), max_size=2)
    ),
    max_leaves=5,
)


def _problem_paths(model: type[Args], raw: Any) -> list[str]:
    """The paths of the problems; nothing but ArgumentsError may be raised."""
    found: list[Problem] = []
    try:
        parse(model, raw, "test")
    except ArgumentsError as error:
        found += error.problems
    for problem in found:
        assert problem.reason
        assert problem.remedy
        assert "\n" not in problem.reason + problem.remedy
    # A name and its value may both be wrong.
    assert len({str(each) for each in found}) == len(found), [str(each) for each in found]
    return [problem.path for problem in found]


def test_the_walk_finds_every_argument() -> None:
    paths = {path for model, path, _, _ in PLACES.values() if model is SidecarDeploymentArgs}
    assert {
        "app.image",
        'app.env["a"]',
        'app.env["a"].key',
        "app.args[0]",
        "app.resources.limits.cpu",
        "app.volume_mounts[0].mount_path",
        "app.security.seccomp",
        "proxy.hsts.max_age_seconds",
        "proxy.timeouts.read_seconds",
        "tls.dns_names[0]",
        'volumes["a"].claim_name',
        "service.external_host",
        'labels["a"]',
        "replicas",
        'sidecars["a"].ports["a"]',
    } <= paths
    injected = {path for model, path, _, _ in PLACES.values() if model is SidecarInjectionArgs}
    assert {"app.container", "app.volume_mounts[0].volume", "service.ports", "namespace"} <= injected
    for model, root in ROOTS.items():
        assert _problem_paths(model, root) == []


@everywhere
def test_what_no_argument_takes(place: Place) -> None:
    model, path, root, steps = place
    where = f"{path}.kind" if path.endswith(".kind.kind") else path
    found = {repr(value): _problem_paths(model, _with(root, steps, value)) for value in NEVER}
    assert found == {value: [where] for value in found}


@everywhere
def test_a_name_that_is_no_argument(place: Place) -> None:
    model, path, root, steps = place
    if isinstance(steps[-1], str) and steps[-1] != "a":
        raw = _with(root, (*steps[:-1], f"{steps[-1]}x"), 1)
        found = _problem_paths(model, raw)
        assert f"{path}x" in found or path.startswith(("sidecars", "init_containers")), found


@everywhere
@settings(max_examples=12)
@given(value=_ANYTHING)
def test_anything_is_taken_or_one_clear_error(place: Place, value: Any) -> None:
    model, path, root, steps = place
    before = set(_problem_paths(model, root))
    for found in set(_problem_paths(model, _with(root, steps, value))) - before:
        # At the argument, within it, or of the model as a whole, where two of its values contradict each other.
        assert found.startswith(path.removesuffix(".kind")) or path.startswith((f"{found}.", f"{found}[")), (
            found,
            path,
        )


@given(raw=_ANYTHING)
def test_anything_at_all(raw: Any) -> None:
    for model in ROOTS:
        _problem_paths(model, raw)


@pytest.mark.parametrize("model", ROOTS)
@given(changes=st.lists(st.tuples(st.sampled_from(sorted(PLACES)), _ANYTHING), min_size=1, max_size=4))
def test_several_at_once_and_together(model: type[Args], changes: list[tuple[str, Any]]) -> None:
    raw: dict[str, Any] = copy.deepcopy(ROOTS[model])
    for key, value in changes:
        whose, _, _, steps = PLACES[key]
        if whose is model and len(steps) <= 2:
            holder = raw.setdefault(steps[0], {}) if len(steps) == 2 else raw
            if isinstance(holder, dict):
                holder[steps[-1]] = value
    if not _problem_paths(model, raw):
        with contextlib.suppress(ArgumentsError):
            if model is SidecarInjectionArgs:
                wanted("web", raw)
            else:
                check("web", parse(SidecarDeploymentArgs, raw, "test"))
