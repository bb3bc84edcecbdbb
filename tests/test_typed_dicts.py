"""The TypedDicts and the models agree: same names, same requiredness, same types. Each difference is told apart."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)
from typing import get_type_hints as hints_of

import pulumi
import pytest
from pulumi import Input
from pydantic import BaseModel

import pulumi_sidecar.args
from pulumi_sidecar.args import dicts
from pulumi_sidecar.args.base import Args
from pulumi_sidecar.fields import Port
from pulumi_sidecar.inputs import Value

WIDER: dict[tuple[str, str], frozenset[Any]] = {
    # ByteSize turns "64Mi" into a number: its type is that of the result.
    ("Nginx", "max_body_size"): frozenset({str}),
    ("Apache", "max_body_size"): frozenset({str}),
}
"""What a dict may hold beside what the model's type says, each with its reason."""


# --- the shape of a type ----------------------------------------------------------------------------------------------


def _members(annotation: Any) -> Iterator[Any]:
    while get_origin(annotation) in (Annotated, NotRequired):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def shape(annotation: Any) -> frozenset[Any]:
    """A type as the set of its alternatives, in words that models and TypedDicts share."""
    found: set[Any] = set()
    for member in _members(annotation):
        origin, args = get_origin(member), get_args(member)
        if isinstance(member, ForwardRef):
            raise AssertionError(f"unresolved: {member}")
        if origin is Literal:
            found |= {("is", value) for value in args}
        elif origin is pulumi.Output:
            found.add("output")  # of what, says the awaitable: pulumi.Input has its Output in a string
        elif origin is Awaitable:
            found.add(("awaitable", shape(args[0])))
        elif origin in (tuple, Sequence, list):
            found.add(("sequence", shape(args[0])))
        elif origin in (dict, Mapping):
            found.add(("mapping", shape(args[0]), shape(args[1])))
        elif is_typeddict(member):
            found.add(("dict of", member.__name__.removesuffix("Dict")))
        elif isinstance(member, type) and issubclass(member, BaseModel):
            found |= {("dict of", member.__name__), ("model", member.__name__)}
        else:
            found.add(member)
    return frozenset(found)


def _of_dict(annotation: Any) -> frozenset[Any]:
    """As `shape`, for a TypedDict: there a model stands for itself alone, and its dict beside it."""
    found: set[Any] = set()
    for member in _members(annotation):
        origin, args = get_origin(member), get_args(member)
        if origin in (tuple, Sequence, list):
            found.add(("sequence", _of_dict(args[0])))
        elif origin in (dict, Mapping):
            found.add(("mapping", _of_dict(args[0]), _of_dict(args[1])))
        elif isinstance(member, type) and issubclass(member, BaseModel):
            found.add(("model", member.__name__))
        else:
            found |= shape(member)
    return frozenset(found)


def typed_hints(typed: Any) -> dict[str, Any]:
    """The types of a TypedDict's items, with NotRequired. pulumi.Input[int] holds "Output[T]" as a string."""
    return hints_of(typed, localns={"Output": pulumi.Output, "T": Any}, include_extras=True)


def differences(model: type[BaseModel], typed: Any) -> list[str]:
    """Where a model and a TypedDict differ, in words."""
    hints = typed_hints(typed)
    fields = model.model_fields
    found = [f"{name}: only in the model" for name in fields if name not in hints]
    found += [f"{name}: only in the dict" for name in hints if name not in fields]
    for name, field in fields.items():
        if name not in hints:
            continue
        needed = field.is_required() or name == "kind"  # a dict is told apart by its kind alone
        # With postponed annotations __required_keys__ knows of total=False alone, not of NotRequired.
        if needed != (name in typed.__required_keys__ and get_origin(hints[name]) is not NotRequired):
            found.append(f"{name}: {'required' if needed else 'optional'} in the model only")
        ours = shape(field.annotation) | WIDER.get((model.__name__, name), frozenset())
        theirs = _of_dict(hints[name])
        if ours != theirs:
            found.append(f"{name}: the model alone takes {ours - theirs}, the dict alone {theirs - ours}")
    return found


# --- ours -------------------------------------------------------------------------------------------------------------


def _models() -> list[type[Args]]:
    for module in pkgutil.iter_modules(pulumi_sidecar.args.__path__, "pulumi_sidecar.args."):
        importlib.import_module(module.name)
    found: list[type[Args]] = []
    waiting: list[type[Args]] = [Args]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model.__module__.startswith("pulumi_sidecar.args.") and model is not Args and model not in found:
            found.append(model)
    return sorted(found, key=lambda each: each.__name__)


def _typed() -> dict[str, Any]:
    return {name: value for name, value in vars(dicts).items() if is_typeddict(value)}


def _given() -> list[type[Args]]:
    """Models that users give. Those that only hold what others share have no dict, and nothing here to compare."""
    return [model for model in _models() if f"{model.__name__}Dict" in _typed() or not model.__subclasses__()]


@pytest.mark.parametrize("model", _given(), ids=lambda model: model.__name__)
def test_each_model_has_its_dict(model: type[Args]) -> None:
    typed = _typed().get(f"{model.__name__}Dict")
    assert typed is not None, f"{model.__name__} has no TypedDict"
    assert differences(model, typed) == []


def test_each_dict_has_its_model() -> None:
    assert {f"{model.__name__}Dict" for model in _models()} >= set(_typed())


def test_the_walk_reaches_every_model() -> None:
    names = {model.__name__ for model in _given()}
    assert {"SidecarDeploymentArgs", "App", "Nginx", "Issued", "Service", "EmptyDir", "SecretKey"} <= names
    assert {"Hsts", "Timeouts", "Resources", "Amounts", "VolumeMount", "Security", "Container"} <= names


def test_dicts_say_which_model_they_mirror() -> None:
    for name, typed in _typed().items():
        assert (typed.__doc__ or "").startswith(f"{name.removesuffix('Dict')} as a dict"), name


# --- the comparison itself: each difference must fail -----------------------------------------------------------------


class Part(BaseModel):
    a: str


class PartDict(TypedDict):
    a: str


class Whole(BaseModel):
    port: Port
    image: Value[str]
    part: Part | None = None
    names: tuple[Value[str], ...] = ()
    parts: dict[str, Part] = {}
    mode: Literal["a", "b"] | None = None


class Right(TypedDict):
    port: int
    image: Input[str]
    part: NotRequired[PartDict | Part | None]
    names: NotRequired[Sequence[Input[str]]]
    parts: NotRequired[Mapping[str, PartDict | Part]]
    mode: NotRequired[Literal["a", "b"] | None]


def test_what_agrees_agrees() -> None:
    assert differences(Whole, Right) == []


_WRONG: dict[str, Any] = {
    "a name is missing": ("mode", None),
    "optional": ("port", NotRequired[int]),
    "required": ("mode", Literal["a", "b"] | None),
    "another type": ("port", str),
    "wider": ("port", int | str),
    "no Output": ("image", str),
    "an Output where none may be": ("port", Input[int]),
    "no None": ("part", NotRequired[PartDict | Part]),
    "no model": ("part", NotRequired[PartDict | None]),
    "no dict": ("part", NotRequired[Part | None]),
    "no Output in a list": ("names", NotRequired[Sequence[str]]),
    "one value in place of a list": ("names", NotRequired[Input[str]]),
    "a literal more": ("mode", NotRequired[Literal["a", "b", "c"] | None]),
    "a literal less": ("mode", NotRequired[Literal["a"] | None]),
    "any string": ("mode", NotRequired[str | None]),
    "only dicts in a mapping": ("parts", NotRequired[Mapping[str, PartDict]]),
    "other keys": ("parts", NotRequired[Mapping[int, PartDict | Part]]),
}


@pytest.mark.parametrize("what", _WRONG)
def test_each_difference_fails(what: str) -> None:
    name, annotation = _WRONG[what]
    annotations: dict[str, Any] = dict(typed_hints(Right))
    annotations.pop(name)
    if annotation is not None:
        annotations[name] = annotation
    wrong = TypedDict("Wrong", annotations)  # type: ignore[misc]
    found = differences(Whole, wrong)
    assert len(found) == 1
    assert found[0].startswith(f"{name}: ")


def test_a_name_more_fails() -> None:
    more = TypedDict("More", {**typed_hints(Right), "more": int})  # type: ignore[misc]
    assert differences(Whole, more) == ["more: only in the dict"]
