"""The schema for other languages is the models': every argument, what it may be, whether it must be, and its text."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_sidecar import CertificateAuthority, CertificateAuthorityArgs, SidecarDeployment, SidecarDeploymentArgs
from pulumi_sidecar.args.tls import Authority
from pulumi_sidecar.plugin.provider import Provider
from pulumi_sidecar.plugin.spelling import camel, camel_path, camel_words
from tests.plugin.engine import Engine
from tools.generate import models
from tools.generate.dicts import WIDER

GOLDEN = Path(__file__).parents[1] / "golden" / "plugin" / "schema.json"
COMPONENTS = {
    "SidecarDeployment": (SidecarDeployment, SidecarDeploymentArgs),
    "CertificateAuthority": (CertificateAuthority, CertificateAuthorityArgs),
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Provider().schema or "")
    return found


def test_golden(schema: dict[str, Any]) -> None:
    text = json.dumps({**schema, "version": "0.0.0"}, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text, (
        "the plugin's schema changed: a name or type that is gone breaks programs (say so in CHANGELOG.md). "
        "UPDATE_GOLDEN=1 pytest tests/plugin/test_schema.py rewrites the file"
    )


def test_the_process_serves_it(engine: Engine, schema: dict[str, Any]) -> None:
    assert json.loads(engine.plugin.GetSchema(provider_pb2.GetSchemaRequest()).schema) == schema
    assert schema["version"] == version("pulumi-sidecar")


# --- parity with the models -------------------------------------------------------------------------------------------

Row = tuple[str, list[tuple[str, models.Field]], dict[str, Any], bool]
"""A path, the fields by kind that the property stands for, the property, and whether the schema requires it."""


def rows(schema: dict[str, Any]) -> Iterator[Row]:
    """Every argument of both components."""
    for name, (_, model) in COMPONENTS.items():
        resource = schema["resources"][f"sidecar:index:{name}"]
        yield from _within(schema, name, [model], resource["inputProperties"], resource.get("requiredInputs") or [])


def _within(
    schema: dict[str, Any], path: str, alternatives: list[Any], properties: Any, required: Any
) -> Iterator[Row]:
    theirs: dict[str, list[tuple[str, models.Field]]] = {}
    for model in alternatives:
        for each in models.fields_of(model):
            kind = models.kind_of(model) if len(alternatives) > 1 else ""
            theirs.setdefault(camel(each.name), []).append((kind, each))
    assert set(theirs) == set(properties), path
    for name, fields in theirs.items():
        yield f"{path}.{name}", fields, properties[name], name in required
        within = models.below(fields[0][1].annotation)
        inner = properties[name]
        while "items" in inner or isinstance(inner.get("additionalProperties"), dict):
            inner = inner.get("items") or inner["additionalProperties"]
        reference = inner.get("$ref", "")
        if reference.startswith("#/types/") and "enum" not in schema["types"][reference.removeprefix("#/types/")]:
            described = schema["types"][reference.removeprefix("#/types/")]
            if within:
                yield from _within(
                    schema, f"{path}.{name}", within, described["properties"], described.get("required") or []
                )


def test_every_argument_is_there(schema: dict[str, Any]) -> None:
    found = [path for path, *_ in rows(schema)]
    assert len(found) > 100
    assert {"SidecarDeployment.app.volumeMounts.mountPath", "SidecarDeployment.proxy.timeouts.readSeconds"} <= set(
        found
    )


def test_the_same_arguments_are_required(schema: dict[str, Any]) -> None:
    for path, fields, _, required in rows(schema):
        kind = fields[0][1].name == "kind"
        by_kind = bool(fields[0][0])
        assert required == (kind or (not by_kind and fields[0][1].required)), path


def test_the_same_values_are_taken(schema: dict[str, Any]) -> None:
    """Literals as enums, text as string, numbers as integers; what the schema cannot say is Any."""
    for path, fields, described, _ in rows(schema):
        if fields[0][1].name == "kind":
            values = {kind for kind, _ in fields} if fields[0][0] else set()
            if values:
                assert _enum(schema, described) == values, path
            continue
        for _, each in fields:
            assert _as_schema(schema, each.annotation, described), (path, each.annotation, described)


def _as_schema(schema: dict[str, Any], annotation: Any, described: dict[str, Any]) -> bool:
    if described.get("$ref") == "pulumi.json#/Any":
        alternatives = [each for each in models.members(annotation) if each is not NoneType]
        if len(alternatives) == 1 and models.is_late(alternatives[0]):
            alternatives = models.members(models.late_type(alternatives[0]))
        return len(alternatives) > 1 or annotation in _WIDE
    alternatives = [each for each in models.members(annotation) if each is not NoneType]
    if len(alternatives) > 1:
        return "$ref" in described
    (only,) = alternatives
    late = models.is_late(only)
    # Plain is what an Output cannot be given for: exactly what decides the shape.
    if bool(described.get("plain")) == late:
        return False
    bare = models.bare(models.late_type(only) if late else only)
    origin, args = get_origin(bare), get_args(bare)
    if origin is Literal:
        return _enum(schema, described) == set(args)
    if origin is tuple:
        return bool(described["type"] == "array") and _as_schema(schema, args[0], described["items"])
    if origin is dict:
        return bool(described["type"] == "object") and _as_schema(schema, args[1], described["additionalProperties"])
    if models.is_model(bare) or bare is Authority:
        return "$ref" in described
    return bool(described["type"] == {str: "string", int: "integer", bool: "boolean"}[bare])


def _enum(schema: dict[str, Any], described: dict[str, Any]) -> set[Any]:
    return {each["value"] for each in schema["types"][described["$ref"].removeprefix("#/types/")]["enum"]}


_WIDE = [wide for wide, _ in WIDER]


def test_the_texts_are_the_same(schema: dict[str, Any]) -> None:
    for path, fields, described, _ in rows(schema):
        if fields[0][1].name != "kind":
            text = " ".join(described["description"].split())
            for _, each in fields:
                assert " ".join(camel_words(each.doc).split()) in text, path


def test_outputs(schema: dict[str, Any]) -> None:
    for name, (component, _) in COMPONENTS.items():
        outputs = set(schema["resources"][f"sidecar:index:{name}"]["properties"])
        more = {"privateKeyPem"} if name == "CertificateAuthority" else set()
        assert outputs - more == {camel(each) for each in vars(component)["__annotations__"] if each[0] != "_"}


# --- spelling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("python", "elsewhere"),
    [
        ("app.volume_mounts[0].mount_path", "app.volumeMounts[0].mountPath"),
        ('labels["a_b.c"]', 'labels["a_b.c"]'),
        ('init_containers["a-b"].env["A_B"]', 'initContainers["a-b"].env["A_B"]'),
        ("tls", "tls"),
    ],
)
def test_paths(python: str, elsewhere: str) -> None:
    assert camel_path(python) == elsewhere


@pytest.mark.parametrize(
    ("python", "elsewhere"),
    [
        ("Make renew_before_days smaller", "Make renewBeforeDays smaller"),
        ('Use {"config_map": NAME}, or "config_map" as kind', 'Use {"configMap": NAME}, or "config_map" as kind'),
        ("uwsgi_next_upstream is nginx's", "uwsgi_next_upstream is nginx's"),
        ("Give True or False", "Give true or false"),
        (
            "Give a plain value, for example from pulumi.Config().",
            "Give a plain value, for example from the stack's configuration.",
        ),
    ],
)
def test_words(python: str, elsewhere: str) -> None:
    assert camel_words(python) == elsewhere
