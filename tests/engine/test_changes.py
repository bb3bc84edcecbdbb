"""What an update of a component changes, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import Deploy

WEB = Path(__file__).parent / "programs" / "web"

REPLACED = {"create-replacement", "replace", "delete-replaced"}


def test_a_plain_change_updates_in_place(deploy: Deploy) -> None:
    stack = deploy(WEB)
    stack.up()
    before = stack.outputs()
    stack.configure({"replicas": "2"})
    assert stack.up().real == {"update": 1}
    assert stack.operations() == {"Deployment web-deployment": {"update"}}
    assert stack.outputs() == before


def test_a_changed_proxy_replaces_its_config_map_and_rolls_the_pods(deploy: Deploy) -> None:
    stack = deploy(WEB)
    stack.up()
    before = stack.outputs()
    stack.configure({"max_body_size": "1Mi"})
    stack.up()
    operations = stack.operations()
    assert operations.pop("ConfigMap web-config") & REPLACED
    assert operations.pop("Deployment web-deployment") == {"update"}
    assert {name: ops for name, ops in operations.items() if not name.startswith("SidecarDeployment")} == {}
    after = stack.outputs()
    assert after["config_map_name"] != before["config_map_name"]  # the old one stays until the pods have rolled
    assert after["secret_name"] == before["secret_name"]
    assert stack.up().real == {}


def test_a_certificate_inside_its_renewal_window_is_renewed(deploy: Deploy) -> None:
    stack = deploy(WEB)
    stack.configure({"renew": "true"})
    stack.up()
    before = stack.outputs()
    stack.up()
    operations = stack.operations()
    assert operations.pop("LocallySignedCert web-certificate") & REPLACED
    assert operations.pop("Secret web-tls") & REPLACED
    assert operations.pop("Deployment web-deployment") == {"update"}
    # The CA, the keys and the configuration stay: clients need no new CA.
    assert {name: ops for name, ops in operations.items() if not name.startswith("SidecarDeployment")} == {}
    after = stack.outputs()
    assert after["secret_name"] != before["secret_name"]
    assert after["config_map_name"] == before["config_map_name"]


def test_a_renamed_component_keeps_everything(deploy: Deploy) -> None:
    stack = deploy(WEB)
    stack.up()
    before = stack.outputs()
    stack.configure({"name": "shop", "formerly": "web"})
    assert stack.preview().real == {}
    assert stack.up().real == {}
    assert stack.outputs() == before
    urns = [each["urn"] for each in stack.stack.export_stack().deployment["resources"]]
    assert any(urn.endswith("::shop-deployment") for urn in urns)
    assert not any(urn.endswith("::web-deployment") for urn in urns)


def test_a_renamed_component_without_its_alias_is_made_anew(deploy: Deploy, target: str) -> None:
    """The control: the engine tells the difference."""
    if target != "yaml":
        pytest.skip("two components would own one Service")
    stack = deploy(WEB)
    stack.up()
    stack.configure({"name": "shop"})
    assert {"create", "delete"} <= set(stack.preview().real)
