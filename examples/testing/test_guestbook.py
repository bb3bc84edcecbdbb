from pathlib import Path

import pytest

from pulumi_sidecar.testing import CreationFailed, MockStack, assert_no_fixed_names, assert_no_plain_secrets

HERE = Path(__file__).parent


def test_guestbook() -> None:
    result = MockStack(secrets={"password": "open sesame"}, load_balancer="192.0.2.10").up(HERE)
    pods = result.one("Deployment").inputs["spec"]["template"]
    assert result.one("Service").inputs["spec"]["selector"] == pods["metadata"]["labels"]
    mounted = pods["spec"]["containers"][0]["envFrom"][0]["secretRef"]["name"]
    assert mounted == result.one("Secret").outputs["metadata"]["name"]
    assert result.outputs["url"].value == "http://192.0.2.10/"
    assert_no_plain_secrets(result)
    assert_no_fixed_names(result)


def test_without_its_secret_there_is_no_deployment(pulumi_stack: MockStack) -> None:
    pulumi_stack.secrets["password"] = "open sesame"
    pulumi_stack.fail_resource("Secret", error="quota exceeded")
    with pytest.raises(CreationFailed, match="quota exceeded"):
        pulumi_stack.up(HERE)
    assert pulumi_stack.result
    assert not pulumi_stack.result.all("Deployment")
