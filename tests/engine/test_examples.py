"""Every example through its whole life: preview, up, up again, refresh, changed configuration, a certificate inside its
renewal window, a new name with an alias, destroy."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from pulumi_sidecar.testing import MockStack, Result
from tests.engine.conftest import ROOT, Deploy, Deployed

EXAMPLES = sorted(
    file.parent.name for file in (ROOT / "examples").glob("*/Pulumi.yaml") if (file.parent / "__main__.py").is_file()
)

SECRETS = {"testing": {"password": "open sesame"}}
"""Secret configuration that an example requires."""

CHANGES = {
    "existing_program": ({"replicas": "3"}, "Deployment prices-deployment"),
    "shared_volume_logs": ({"native": "true"}, "Deployment web-deployment"),
    "testing": ({"replicas": "3"}, "Deployment guestbook"),
    "tls_cert_manager": ({"issuer": "another"}, "Certificate web-certificate"),
    "tls_existing_secret": ({"secretName": "another"}, "Deployment web-deployment"),
}
"""Configuration of the example itself that is changed, and the one resource that changes with it. In every other
example the proxy's limit for bodies changes: its configuration is another one, and the pods roll."""

OTHER_LIMIT = {"engine:changes": json.dumps({"proxy": {"max_body_size": "1Mi"}})}

NOT_ON_A_CLUSTER = {
    "testing": "its image does not exist",
    "tls_cert_manager": "it needs cert-manager",
    "gateway": "it needs the Gateway API's resources, and a Gateway",
    "native_metrics": "without a registry there is no exporter",
    "production": "Pulumi waits until a controller has given its Ingress an address",
    "tls_existing_secret": "its second Secret does not exist",
}

REPLACED = {"create-replacement", "replace", "delete-replaced"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_life_of_an_example(deploy: Deploy, target: str, namespace: str, example: str) -> None:
    if target == "cluster" and example in NOT_ON_A_CLUSTER:
        pytest.skip(f"{example}: {NOT_ON_A_CLUSTER[example]}")
    folder = ROOT / "examples" / example
    # What the testing kit says that the same program makes.
    expected = MockStack(secrets=SECRETS.get(example)).up(folder)
    stack = deploy(folder)
    stack.configure({}, SECRETS.get(example))
    if example == "existing_program":
        stack.configure({"namespace": f"{namespace}-own"})

    planned = stack.preview()
    assert set(planned.real) == {"create"}
    created = stack.up()
    assert created.real == planned.real
    if target == "yaml":
        assert stack.objects()
        assert _kinds(stack.objects()) == _kinds(expected.objects())

    assert stack.preview().real == {}
    assert stack.up().real == {}
    refreshed = stack.refresh().real
    # A cluster writes into its objects' status at any time: a refresh takes that over, and it is no change of ours.
    assert set(refreshed) <= (set() if target == "yaml" else {"update"})
    assert stack.up().real == {}

    _change(stack, example)
    if expected.all("LocallySignedCert"):
        _renew(stack, {each.name for each in expected.all("LocallySignedCert")})
    if expected.all("SidecarDeployment"):
        _rename(stack, expected)

    deleted = stack.destroy()
    assert set(deleted.real) == {"delete"}
    assert stack.objects() == []


def _change(stack: Deployed, example: str) -> None:
    if example in CHANGES:
        config, changed = CHANGES[example]
        stack.configure(config)
        assert stack.up().real == {"update": 1}
        assert stack.operations().get(changed) == {"update"}
    else:
        stack.configure(OTHER_LIMIT)
        stack.up()
        operations = stack.operations()
        assert {name.partition(" ")[0] for name, ops in operations.items() if ops & REPLACED} == {"ConfigMap"}
        assert "Deployment" in {name.partition(" ")[0] for name, ops in operations.items() if ops == {"update"}}
    assert stack.preview().real == {}


def _renew(stack: Deployed, certificates: set[str]) -> None:
    stack.configure({"engine:renew": "true"})
    stack.up()
    first = stack.operations()
    stack.up()  # at the latest: within the window a certificate is replaced by every update
    second = stack.operations()
    replaced = {name for operations in (first, second) for name, ops in operations.items() if ops & REPLACED}
    assert {f"LocallySignedCert {name}" for name in certificates} <= replaced
    # The CA, the keys and the configuration stay: clients need no new CA.
    assert {name.partition(" ")[0] for name in replaced} == {"LocallySignedCert", "Secret"}
    assert "Deployment" in {name.partition(" ")[0] for name, ops in second.items() if ops == {"update"}}
    stack.configure({"engine:renew": "false"})
    assert set(stack.up().real) <= {"update"}
    assert stack.preview().real == {}


def _rename(stack: Deployed, expected: Result) -> None:
    before = stack.outputs()
    stack.configure({"engine:rename": "-renamed"})
    assert stack.preview().real == {}
    assert stack.up().real == {}
    assert stack.outputs() == before
    names = {each["urn"].rpartition("::")[2] for each in stack.stack.export_stack().deployment["resources"]}
    formerly = {each.name for each in expected.all("SidecarDeployment")}
    assert {f"{name}-renamed" for name in formerly} <= names
    assert not formerly & names


def _kinds(objects: list[dict[str, object]]) -> Counter[object]:
    return Counter(each["kind"] for each in objects)
