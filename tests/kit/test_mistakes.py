"""What goes wrong says what, and what to do: in the program, and in the test itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_sidecar import offline
from pulumi_sidecar.testing import MockStack
from tests.support.foreign import Foreign

ZONE = "acme:index:getZone"

# --- the SDK's own exceptions -----------------------------------------------------------------------------------------


def integer() -> None:
    pulumi.Config().require_int("n")


def mapping() -> None:
    pulumi.Config().require_object("n")


def in_apply() -> None:
    Foreign("site", text=pulumi.Output.from_input(1).apply(lambda _one: pulumi.Config().require_int("n")))


@pytest.mark.parametrize("program", [integer, mapping, in_apply])
def test_the_sdks_own_exceptions_are_raised(program: Any) -> None:
    with pytest.raises(pulumi.ConfigTypeError, match=r"'project:n' value 'a\{' is not a valid"):
        MockStack(config={"n": "a{"}).up(program)
    with pytest.raises(offline.ProgramError, match="ConfigTypeError: Configuration 'project:n'") as failure:
        offline.run(program, config={"n": "a{"})
    assert isinstance(failure.value.__cause__, pulumi.ConfigTypeError)


# --- answers that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "kind"), [(None, "None"), (5, "a value of type int"), ([], "a value of type list")])
def test_answers_are_dicts(pulumi_stack: MockStack, given: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"mock_resource\('Site'\): a dict or a function .* not {kind}"):
        pulumi_stack.mock_resource("Site", given)
    with pytest.raises(TypeError, match=rf"mock_call\('{ZONE}'\): a dict or a function .* not {kind}"):
        pulumi_stack.mock_call(ZONE, given)
    with pytest.raises(TypeError, match=rf"mock_stack_reference\('a/b/c'\): a dict is expected, not {kind}"):
        pulumi_stack.mock_stack_reference("a/b/c", given)
    pulumi_stack.mock_resource("Site", lambda _args: given)
    with pytest.raises(TypeError, match=rf"mock_resource\('Site'\): the function gave {kind} for 'site'; let it"):
        pulumi_stack.up(lambda: Foreign("site"))
    pulumi_stack.mock_call(ZONE, lambda _args: given)
    with pytest.raises(TypeError, match=rf"mock_call\('{ZONE}'\): the function gave {kind}; let it"):
        pulumi_stack.up(lambda: pulumi.runtime.invoke_output(ZONE, {}))


@pytest.mark.parametrize("preview", [False, True])
def test_a_plain_invoke_without_a_result_is_named(pulumi_stack: MockStack, preview: bool) -> None:
    def program() -> Any:
        return pulumi.runtime.invoke(ZONE, {}).value["id"]

    with pytest.raises(TypeError, match="NoneType") as failure:
        (pulumi_stack.preview if preview else pulumi_stack.up)(program)
    assert failure.value.__notes__ == [
        f"functions without a result here give None; give them one: mock_call('{ZONE}', …)"
    ]


def test_other_mistakes_are_not_blamed_on_invokes(pulumi_stack: MockStack) -> None:
    def program() -> None:
        pulumi.runtime.invoke(ZONE, {})
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine") as failure:
        pulumi_stack.up(program)
    assert not hasattr(failure.value, "__notes__")


# --- configuration ----------------------------------------------------------------------------------------------------


def test_encrypted_configuration_is_to_be_given_in_the_test(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  demo:word: {secure: AAAB}\n")
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.export('w', pulumi.Config().require_secret('word'))")
    with pytest.raises(offline.ProjectError, match=r'encrypted .* MockStack\(secrets=\{"demo:word": …\}\)$') as failure:
        MockStack().up(tmp_path)
    assert "--config" not in str(failure.value)
    assert MockStack(secrets={"demo:word": "x"}).up(tmp_path).outputs["w"].secret


def test_the_organization() -> None:
    assert MockStack().up(pulumi.get_organization).returned == "organization"
    assert MockStack(stack="acme/shop/prod").up(pulumi.get_organization).returned == "acme"
    assert MockStack(organization="acme").up(pulumi.get_organization).returned == "acme"
