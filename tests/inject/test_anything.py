"""Templates, Services and texts that nobody would write: one clear error, or a result; never another exception."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.cli import main
from pulumi_sidecar.inject.service import with_way_to_proxy
from pulumi_sidecar.inject.template import removed, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, wanted

WANTED = wanted("web", {"app": {"port": 8080}, "proxy": {"kind": "nginx"}})
MOUNTED = Mounted("config", "secret")
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b", "pulumi-sidecar/injected": "[]"}},
    "spec": {
        "os": {"name": "linux"},
        "nodeSelector": {"a": "b"},
        "hostNetwork": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {"fsGroup": 1, "runAsUser": 1},
        "initContainers": [{"name": "init", "image": "i", "ports": [{"containerPort": 1, "name": "x"}]}],
        "containers": [
            {
                "name": "web",
                "image": "w",
                "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                "env": [{"name": "A", "value": "b"}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
                "securityContext": {"runAsUser": 1},
            }
        ],
        "volumes": [{"name": "data", "emptyDir": {}}],
    },
}
SERVICE: dict[str, Any] = {
    "metadata": {"name": "web", "annotations": {"pulumi-sidecar/injected": "[]"}},
    "spec": {
        "clusterIP": "None",
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
    },
}
_SCALARS = st.none() | st.booleans() | st.integers(-2, 70000) | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "port", "spec", "metadata", "kind"]) | st.text(max_size=3), inner)
    ),
    max_leaves=6,
)
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "tidy", "append"]) | ANYTHING,
        st.lists(st.sampled_from(["spec", "metadata", "containers", "ports"]) | ANYTHING, max_size=3) | ANYTHING,
        ANYTHING,
    )
).map(json.dumps)
"""The annotation with the way back, as it never was written."""


def steps(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if above:
        yield above
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from steps(item, (*above, key))


def changed(document: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    holder: Any = result
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return result


def tried(function: Any, *args: Any) -> None:
    """A result, or our own error."""
    with contextlib.suppress(ArgumentsError):
        function(*args)


@pytest.mark.parametrize("place", list(steps(TEMPLATE)), ids=lambda place: ".".join(map(str, place)))
@settings(max_examples=6)
@given(value=ANYTHING)
def test_templates(place: tuple[Any, ...], value: Any) -> None:
    tried(lambda: with_sidecar(changed(TEMPLATE, place, value), WANTED, MOUNTED, "Deployment", "here"))


@pytest.mark.parametrize("place", list(steps(SERVICE)), ids=lambda place: ".".join(map(str, place)))
@settings(max_examples=6)
@given(value=ANYTHING)
def test_services(place: tuple[Any, ...], value: Any) -> None:
    tried(lambda: with_way_to_proxy(changed(SERVICE, place, value), WANTED, "here"))


@example(record='[["delete", [{}], null], ["put", [{}], null]]')
@given(record=RECORDS)
def test_records(record: str) -> None:
    place = ("metadata", "annotations", "pulumi-sidecar/injected")
    for document in (TEMPLATE, SERVICE):
        removed(changed(document, place, record))


# --- texts ------------------------------------------------------------------------------------------------------------

MANIFESTS = sorted((Path(__file__).parent / "manifests").iterdir())
BEFORE = "# theirs:  kept\napiVersion: acme.com/v1\nkind:   Thing   # as it is\nspec: {a: 'b',\n  c: \"d\"}\n---\n"
AFTER = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n    a: |2\n        kept\n\n# the end\n"
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
}


def told(text: str, *options: str) -> str | None:
    """What the command writes; None where it refuses, which is never by a stack trace."""
    result = CliRunner().invoke(main, ["inject", "-f", "-", *options], input=text)
    assert result.exit_code in (0, 2), (result.exception, result.output)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    if result.exit_code:
        assert result.stdout == ""
        assert result.stderr.startswith("error: ")
    return None if result.exit_code else result.stdout


def there_and_back(text: str, *options: str) -> None:
    injected = told(text, *options)
    if injected is not None:
        assert told(injected, "--eject") == text


@given(text=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_texts(text: str) -> None:
    there_and_back(text, "--secret", "web-tls")
    told(text, "--eject")


@settings(max_examples=12, deadline=None)
@given(place=st.sampled_from(list(steps(DEPLOYMENT))), value=ANYTHING)
@example(place=("kind",), value=[])
def test_documents(place: tuple[Any, ...], value: Any) -> None:
    written = yaml.safe_dump_all([changed(DEPLOYMENT, place, value), {**SERVICE, "kind": "Service"}])
    text = BEFORE + written + AFTER
    injected = told(text, "--secret", "web-tls", "--workload", "web")
    told(text, "--eject")
    if injected is not None:
        assert injected.startswith(BEFORE)
        assert AFTER.strip() in injected


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_manifests_with_a_line_that_is_wrong(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(MANIFESTS)).read_text().splitlines(keepends=True)
    index = data.draw(st.integers(0, len(lines) - 1))
    line = lines[index]
    lines[index : index + 1] = data.draw(
        st.sampled_from(
            [[], [line, line], [f" {line}"], [line[1:]], [line.replace(":", "")], [line.rstrip() + " &a\n"], ["\t\n"]]
            + [[line.rstrip() + f" {end}\n"] for end in ("*a", "{", "]", "!!binary x", "---", "|", ">-", "'", '"')]
            + [[line.partition(":")[0] + f": {value}\n"] for value in ("null", "[]", "{}", "1", "!x y", "*none")]
        )
    )
    there_and_back("".join(lines), "--secret", "web-tls")


ANCHORED = """\
apiVersion: apps/v1
kind: Deployment
metadata: &meta
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: &more
      labels: {app: web}
    spec: !!map
      containers: &all
        - name: web
          image: a
          ports: [{containerPort: 80}]
"""


def test_anchors_and_tags_before_what_gets_more() -> None:
    injected = told(ANCHORED, "--secret", "web-tls")
    assert injected is not None
    spec = next(yaml.safe_load_all(injected))["spec"]["template"]["spec"]
    assert [each["name"] for each in spec["containers"]] == ["web", "proxy"]
    assert told(injected, "--eject") == ANCHORED
