"""The YAML: what it says, its order, and what it keeps to itself."""

from __future__ import annotations

import base64
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar import manifests, offline
from pulumi_sidecar.manifests import Manifest

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "",
        "no",
        "on",
        "1e3",
        "0o7",
        "12:30:45",
        "2020-01-01",
        "null",
        "~",
        "a: b",
        "#x",
        "a\nb\n",
        "a\r\nb",
        "\tx\n y",
        " a\n",
    ]
)
VALUES = st.recursive(
    TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.builds(
    lambda kind, body: {**body, "apiVersion": "v1", "kind": kind},
    st.sampled_from(["Service", "Pod", "Thing", "Namespace"]),
    st.dictionaries(TEXT, VALUES, max_size=4),
)


@given(st.lists(OBJECTS, max_size=4))
def test_yaml_reads_back_as_the_objects(objects: list[dict[str, Any]]) -> None:
    text = manifests.to_yaml(objects, secrets="include")
    expected = [each.body for each in manifests.order(Manifest(body) for body in objects)]
    assert list(yaml.safe_load_all(text)) == expected
    assert manifests.to_yaml(objects, secrets="include") == text


def test_order_and_stability() -> None:
    kinds = "Widget Ingress Pod Service Secret ConfigMap Role ServiceAccount StorageClass"
    kinds += " CustomResourceDefinition Namespace"
    objects = [{"kind": kind, "metadata": {"name": name}} for kind in kinds.split() for name in ("b", "a")]
    found = [each.body for each in manifests.order(Manifest(body) for body in objects)]
    assert [each["kind"] for each in found[::2]] == list(reversed(kinds.split()))
    assert [each["metadata"]["name"] for each in found] == ["b", "a"] * 11


def test_text_and_keys_are_arranged_for_readers() -> None:
    item = {"spec": {"b": 1, "a": [{"env": [], "image": "i", "name": "app"}]}, "metadata": {"name": "x"}, "kind": "Pod"}
    text = manifests.to_yaml([{**item, "conf": "a {\n  b;\n}\n", "apiVersion": "v1"}], secrets="include")
    expected = """\
apiVersion: v1
kind: Pod
metadata:
  name: x
spec:
  b: 1
  a:
  - name: app
    image: i
    env: []
conf: |
  a {
    b;
  }
"""
    assert text == expected


@pytest.mark.parametrize("value", ["1e3", "0o7", "y", "N", "+.5e1", "1:30", "127.0.0.1", "007"])
def test_text_that_go_reads_as_something_else_is_quoted(value: str) -> None:
    assert manifests.to_yaml([{"a": value}]) == f"a: '{value}'\n"


@pytest.mark.parametrize("value", ["500m", "2Gi", "nginx:1.30", "8080/tcp", "yes sir"])
def test_other_text_is_not(value: str) -> None:
    assert manifests.to_yaml([{"a": value}]) == f"a: {value}\n"


def test_nothing_gives_nothing() -> None:
    assert manifests.to_yaml([]) == ""


def test_every_value_of_a_secret_is_redacted() -> None:
    body = {"kind": "Secret", "type": "Opaque", "data": {"a": "eA=="}, "stringData": {"b": "y\nz\n", "c": ""}}
    (found,) = yaml.safe_load_all(manifests.to_yaml([body]))
    redacted = base64.b64encode(b"REDACTED").decode()
    assert found == {**body, "data": {"a": redacted}, "stringData": {"b": "REDACTED", "c": "REDACTED"}}
    assert body["data"] == {"a": "eA=="}  # the object itself is left alone


def test_secret_paths_cover_what_is_below_them_and_nothing_else() -> None:
    body = {"kind": "Pod", "spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "n": 3}}
    one = Manifest(body, frozenset({("spec", "env", 1, "value")}))
    assert manifests.redacted(one)["spec"]["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "REDACTED"}]
    below = manifests.redacted(Manifest(body, frozenset({("spec", "env", 0), ("spec", "n")})))
    assert below["spec"] == {
        "env": [{"name": "REDACTED", "value": "REDACTED"}, body["spec"]["env"][1]],
        "n": "REDACTED",
    }


def test_binary_data_stays_base64() -> None:
    body = {"kind": "ConfigMap", "binaryData": {"a": "eA=="}, "data": {"b": "x"}}
    found = manifests.redacted(Manifest(body, frozenset({("binaryData", "a"), ("data", "b")})))
    assert base64.b64decode(found["binaryData"]["a"]) == b"REDACTED"
    assert found["data"] == {"b": "REDACTED"}


@pytest.mark.parametrize("algorithm", ["ECDSA", "RSA", "ED25519"])
def test_no_private_key_is_in_the_redacted_text(algorithm: str) -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm=algorithm, ecdsa_curve="P256")
        encoded = key.private_key_pem.apply(lambda pem: base64.b64encode(pem.encode()).decode())
        k8s.core.v1.Secret("a", string_data={"tls.key": key.private_key_pem, "pkcs8": key.private_key_pem_pkcs8})
        k8s.core.v1.Secret("b", data={"tls.key": encoded})
        k8s.core.v1.ConfigMap("c", data={"ssh": key.private_key_openssh, "open": "kept"})
        k8s.core.v1.ConfigMap("d", data={"careless": pulumi.Output.unsecret(key.private_key_pem)})
        container = {"name": "c", "image": "i", "args": ["--key", encoded, "--open"]}
        k8s.core.v1.Pod("p", spec={"containers": [container]})
        k8s.core.v1.ConfigMap("e", metadata={"annotations": {"key": encoded}})

    run = offline.run(program)
    plain = manifests.to_yaml(run.manifests(), secrets="include")
    text = manifests.to_yaml(run.manifests())
    (key,) = (each for each in run.resources if each.name == "key")
    pems = [str(key.outputs[name]) for name in ("privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh")]
    for pem in pems:
        for line in [*pem.splitlines(), base64.b64encode(pem.encode()).decode()]:
            if "PRIVATE KEY" not in line and len(line) > 8:
                assert line not in text
    assert "PRIVATE KEY" not in text
    assert "PRIVATE KEY" in plain
    assert "open: kept" in text
    assert "--open" in text


def test_rendering_is_the_same_each_time() -> None:
    def program() -> None:
        for name in "zyx":
            k8s.core.v1.ConfigMap(name, data={"b": "1", "a": "2", "c": "3"})
            k8s.core.v1.Service(name, spec={"ports": [{"port": 1}], "selector": {"b": "1", "a": "2"}})

    first, second = (manifests.to_yaml(offline.run(program).manifests()) for _ in range(2))
    assert first == second
