"""Every example through its whole life: preview, up, up again, refresh, changed configuration, destroy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pulumi_sidecar.testing import MockStack
from tests.engine.conftest import ROOT, Deploy

EXAMPLES = sorted(
    file.parent.name for file in (ROOT / "examples").glob("*/Pulumi.yaml") if (file.parent / "__main__.py").is_file()
)

SECRETS = {"testing": {"password": "open sesame"}}
"""Secret configuration that an example requires."""

CHANGES = {
    "existing_program": ({"replicas": "3"}, "Deployment prices-deployment"),
    "flask_uwsgi_nginx": ({"image": "docker.io/library/python:3.12-slim"}, "Deployment web-deployment"),
    "flask_uwsgi_apache": ({"image": "docker.io/library/python:3.12-slim"}, "Deployment web-deployment"),
    "shared_volume_logs": ({"native": "true"}, "Deployment web-deployment"),
    "testing": ({"replicas": "3"}, "Deployment guestbook"),
}
"""Configuration to change, and the one resource that changes with it. Other examples have none (test_changes.py)."""

NOT_ON_A_CLUSTER = {
    "testing": "its image does not exist",
    "tls_cert_manager": "it needs cert-manager",
    "flask_uwsgi_nginx": "it needs an image with Flask and uWSGI: tests/cluster runs it",
    "flask_uwsgi_apache": "it needs an image with Flask and uWSGI: tests/cluster runs it",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_life_of_an_example(deploy: Deploy, target: str, namespace: str, example: str) -> None:
    if target == "cluster" and example in NOT_ON_A_CLUSTER:
        pytest.skip(f"{example}: {NOT_ON_A_CLUSTER[example]}")
    folder = ROOT / "examples" / example
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
        assert Counter(each["kind"] for each in stack.objects()) == _kinds(folder, SECRETS.get(example, {}))

    assert stack.preview().real == {}
    assert stack.up().real == {}
    refreshed = stack.refresh().real
    # A cluster writes into its objects' status at any time: a refresh takes that over, and it is no change of ours.
    assert set(refreshed) <= (set() if target == "yaml" else {"update"})
    assert stack.up().real == {}

    if example in CHANGES:
        config, changed = CHANGES[example]
        stack.configure(config)
        assert stack.up().real == {"update": 1}
        assert stack.operations().get(changed) == {"update"}

    deleted = stack.destroy()
    assert set(deleted.real) == {"delete"}
    assert stack.objects() == []


def _kinds(folder: Path, secrets: dict[str, str]) -> Counter[str]:
    """What the testing kit says that the same program makes."""
    return Counter(each["kind"] for each in MockStack(secrets=secrets).up(folder).objects())
