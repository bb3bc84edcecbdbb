"""Every argument × {plain, Output, secret Output, unknown, wrong plain, wrong Output}, generated from the models.

The arguments are found by walking the types, their sample values by type (tests/support/argument_table.py). An argument
of a new type fails here until it has a sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_type_hints

import pulumi
import pytest
from pulumi_kubernetes import apps
from pydantic import BaseModel

from pulumi_sidecar import (
    ArgumentsError,
    CertificateAuthority,
    CertificateAuthorityArgs,
    SidecarDeployment,
    SidecarDeploymentArgs,
    SidecarInjection,
    SidecarInjectionArgs,
    add_sidecar,
)
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.checks import check
from pulumi_sidecar.inject.wanted import wanted
from pulumi_sidecar.plan import make_plan
from pulumi_sidecar.testing import MockStack, Resource, Result
from pulumi_sidecar.testing.result import leaves
from tests.support.argument_table import WRONG, Argument, Sample, arguments_of, models_below, sample_for

SHARED = ("proxy", "tls", "client_auth", "sidecars", "volumes")
"""Arguments of an injection that are of the very types that a deployment's are."""
_ASKED = arguments_of(SidecarInjectionArgs)
INJECTED = [each for each in _ASKED if each.steps[0][1] not in SHARED or len(each.steps) == 1]
EVERY = [*arguments_of(SidecarDeploymentArgs), *arguments_of(CertificateAuthorityArgs), *INJECTED]
LATE = [argument for argument in EVERY if argument.late]
SHAPE = [argument for argument in EVERY if not argument.late]


def each(arguments: list[Argument]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("argument", arguments, ids=_name)


def _name(argument: Argument) -> str:
    return f"{'injection ' if argument.model is SidecarInjectionArgs else ''}{argument.id}"


def sample(argument: Argument) -> Sample:
    if argument.whole:
        return Sample(None)
    if argument.steps[-1] == ("field", "kind"):
        return Sample(None)
    return sample_for(argument.annotation, argument.id)


def made(value: Any) -> Any:
    """`value`, with samples that have to be made within the program."""
    if isinstance(value, dict):
        return {key: made(item) for key, item in value.items()}
    if isinstance(value, list):
        return [made(item) for item in value]
    return value() if callable(value) and not isinstance(value, pulumi.Output) else value


def declare(argument: Argument, value: Any) -> pulumi.ComponentResource:
    """The component, with `value` for the argument."""
    raw = made(argument.arguments(value))
    if argument.model is SidecarDeploymentArgs:
        return SidecarDeployment("web", raw)
    if argument.model is SidecarInjectionArgs:
        return injected(raw)
    return CertificateAuthority("ca", raw)


def injected(raw: Any) -> SidecarInjection:
    """An injection, and a workload that has it."""
    made = SidecarInjection("web", raw)
    container = raw.get("app", {}).get("container") or "web"
    template = add_sidecar({"spec": {"containers": [{"name": container, "image": "ghcr.io/acme/web:1.4"}]}}, made)
    spec: Any = {"selector": {"match_labels": {"app": "web"}}, "template": template}
    apps.v1.Deployment("web-deployment", spec=spec)
    return made


def take(argument: Argument, value: Any) -> None:
    """What comes before the first resource: arguments are parsed, checked, and planned with."""
    args = parse(argument.model, made(argument.arguments(value)), "here")
    if isinstance(args, SidecarDeploymentArgs):
        check("web", args)
        make_plan("web", args)
    if isinstance(args, SidecarInjectionArgs):
        wanted("web", args)


def refused(stack: MockStack, argument: Argument, value: Any, *, late: bool = False) -> ArgumentsError:
    """The error for a wrong value; it names one problem, at the argument's own path."""
    with pytest.raises(ArgumentsError) as failure:
        stack.up(lambda: declare(argument, value()) if late else take(argument, value()))
    (problem,) = failure.value.problems
    assert problem.path == argument.path
    assert failure.value.errors[0]["property_path"] == argument.path
    assert f"  - {argument.path}: " in str(failure.value)
    return failure.value


# --- the table --------------------------------------------------------------------------------------------------------


@each([argument for argument in EVERY if not argument.whole and argument.steps[-1] != ("field", "kind")])
def test_plain(pulumi_stack: MockStack, argument: Argument) -> None:
    pulumi_stack.up(lambda: (declare if argument.late else take)(argument, sample(argument).good))


@each(SHAPE)
def test_an_output_that_would_decide_the_shape(pulumi_stack: MockStack, argument: Argument) -> None:
    error = refused(pulumi_stack, argument, lambda: pulumi.Output.from_input(made(sample(argument).good)))
    clear = "is an Output, but decides the shape of the pod"
    if argument.path == "tls.ca":  # a resource, which has no plain form
        clear = "is no CertificateAuthority. Give the component itself"
    assert clear in str(error)


@each(LATE)
def test_output(pulumi_stack: MockStack, argument: Argument) -> None:
    value = made(sample(argument).good)
    result = pulumi_stack.up(lambda: declare(argument, pulumi.Output.from_input(value)))
    assert bool(places(result, value)) is sample(argument).passes_through


@each(LATE)
def test_secret_output(pulumi_stack: MockStack, argument: Argument) -> None:
    value = made(sample(argument).good)
    found = places(pulumi_stack.up(lambda: declare(argument, pulumi.Output.secret(value))), value)
    assert bool(found) is sample(argument).passes_through
    assert bool([where for where, secret in found if not secret]) is bool(sample(argument).public)


@each(LATE)
def test_unknown(pulumi_stack: MockStack, argument: Argument) -> None:
    result = pulumi_stack.preview(lambda: declare(argument, pulumi.Output.from_input(pulumi.UNKNOWN)))
    service = {"web-service"} if argument.model is SidecarDeploymentArgs else set()
    assert {each.name for each in result.all()} >= {"web", "web-deployment", "web-config", *service}
    assert result.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]


@each(EVERY)
def test_wrong_plain(pulumi_stack: MockStack, argument: Argument) -> None:
    refused(pulumi_stack, argument, lambda: sample(argument).wrong)


@each(LATE)
@pytest.mark.parametrize("secret", [False, True], ids=["output", "secret"])
def test_wrong_output(pulumi_stack: MockStack, argument: Argument, secret: bool) -> None:
    wrong = sample(argument).wrong
    make: Any = pulumi.Output.secret if secret else pulumi.Output.from_input
    error = refused(pulumi_stack, argument, lambda: make(wrong), late=True)
    if secret:
        assert WRONG not in f"{error} {error.problems} {error.errors}".replace("<not shown>", "")


def places(result: Result, value: Any) -> list[tuple[str, bool]]:
    """Where the value stands, also within a longer text, and whether it is a secret there."""
    return [
        (f"{resource.name} {kind} {path}", secret)
        for resource in result.resources
        for kind, path, item, secret in _values(resource)
        if item == value or (isinstance(item, str) and _within(str(value).strip(), item))
    ]


def _within(text: str, whole: str) -> bool:
    """Whether a text has the other in it. Digits alone could be part of a hash, a time or a certificate."""
    if not text.isdecimal():
        return text in whole
    return re.search(rf"(?<![\w+/=:.-]){text}(?![\w+/=:.-])", whole) is not None


def _values(resource: Resource) -> Iterator[tuple[str, tuple[str | int, ...], Any, bool]]:
    for path, item in leaves(resource.inputs):
        yield "input", path, item, resource.is_secret(*path)
    for path, item in leaves(resource.registered_outputs or {}):
        covered = any(path[: len(secret)] == secret for secret in resource.secret_registered_outputs)
        yield "output", path, item, covered


# --- the table is complete --------------------------------------------------------------------------------------------


def _fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[tuple[type[BaseModel], str]]:
    if model in seen:
        return
    seen.add(model)
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in model.model_fields:
            yield model, name
            for below in _nested(hint):
                yield from _fields(below, seen)


def _nested(hint: Any) -> set[type[BaseModel]]:
    found = set(models_below(hint))
    for part in getattr(hint, "__args__", ()):
        found |= _nested(part)
    return found


@pytest.mark.parametrize("model", [SidecarDeploymentArgs, CertificateAuthorityArgs])
def test_no_field_of_any_model_is_left_out(model: type[BaseModel]) -> None:
    names = {step for argument in EVERY if argument.model is model for kind, step in argument.steps if kind == "field"}
    missing = [(owner.__name__, name) for owner, name in _fields(model, set()) if name not in names]
    assert not missing
    assert len({argument.id for argument in EVERY if argument.model is model}) == len(arguments_of(model))


def test_an_argument_of_a_new_type_needs_a_sample() -> None:
    class New(BaseModel):
        number: complex = 1j

    (argument,) = arguments_of(New)
    with pytest.raises(LookupError, match="number: no sample value for <class 'complex'>; add one"):
        sample(argument)
