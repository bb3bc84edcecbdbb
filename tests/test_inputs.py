"""Value[T]: plain values now, Outputs and awaitables when they resolve, unknown ones not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pydantic import TypeAdapter, ValidationError

from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.errors import ArgumentsError
from pulumi_sidecar.fields import Count, DnsLabel
from pulumi_sidecar.inputs import LATE_CHECK, Value

if TYPE_CHECKING:
    from tests.conftest import Runner

LABEL: TypeAdapter[Any] = TypeAdapter(Value[DnsLabel])
COUNT: TypeAdapter[Any] = TypeAdapter(Value[Count])

Basic = Callable[..., dict[str, Any]]


def told(adapter: TypeAdapter[Any], value: Any) -> Any:
    """What the adapter makes of an Output or awaitable, as arguments that could be used have it."""
    output = adapter.validate_python(value)
    getattr(output, LATE_CHECK).tell(lambda error, _secret: error)
    return output


async def later(value: Any) -> Any:
    return value


def checked(raw: Any) -> SidecarDeploymentArgs:
    return parse(SidecarDeploymentArgs, raw, 'SidecarDeployment "web"')


# --- the type ---------------------------------------------------------------------------------------------------------


def test_a_plain_value_is_checked_at_once() -> None:
    assert LABEL.validate_python("web") == "web"
    with pytest.raises(ValidationError):
        LABEL.validate_python("Web")


def test_an_output_stays_an_output(run: Runner) -> None:
    seen = run(lambda: LABEL.validate_python(pulumi.Output.from_input("web"))).result
    assert (seen.value, seen.secret, seen.known) == ("web", False, True)


def test_a_secret_stays_secret(run: Runner) -> None:
    seen = run(lambda: LABEL.validate_python(pulumi.Output.secret("web"))).result
    assert (seen.value, seen.secret) == ("web", True)


def test_an_awaitable_becomes_an_output(run: Runner) -> None:
    seen = run(lambda: LABEL.validate_python(later("web"))).result
    assert (seen.value, seen.secret) == ("web", False)


def test_an_awaitable_of_a_wrong_value_fails(run: Runner) -> None:
    with pytest.raises(ValidationError):
        run(lambda: told(LABEL, later("Web")))


@pytest.mark.parametrize("value", [3, 3.0, "3"])
def test_what_resolves_is_converted_as_a_plain_value_is(run: Runner, value: Any) -> None:
    assert COUNT.validate_python(value) == 3
    result = run(lambda: COUNT.validate_python(pulumi.Output.from_input(value))).result.value
    assert result == 3
    assert type(result) is int


@pytest.mark.parametrize("value", [2.5, True, -1, "x", None, ["3"], {"a": 1}])
def test_a_wrong_output_fails_when_it_resolves(run: Runner, value: Any) -> None:
    with pytest.raises(ValidationError):
        run(lambda: told(COUNT, pulumi.Output.from_input(value)))


def test_a_wrong_output_beside_another_mistake_hides_neither_that_one_nor_itself(run: Runner, basic: Basic) -> None:
    """What was never told how to report would report on its own: with the value, and in the other mistake's place."""
    with pytest.raises(ArgumentsError, match="replica: is not an argument") as caught:
        run(lambda: checked(basic(replica=3, app={"env": {"PIN": pulumi.Output.secret(4711123456)}})))
    assert "4711123456" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_an_output_that_had_failed_before_its_arguments_were_used_fails_then(run: Runner) -> None:
    async def program() -> Any:
        app = App(image="web:1", port=8080, env={"NAME": pulumi.Output.from_input({})})  # type: ignore[dict-item]
        await asyncio.sleep(0.1)
        with pytest.raises(ArgumentsError, match=r'app.env\["NAME"\]: '):
            checked({"app": app, "proxy": {"kind": "nginx"}})

    run(lambda: pulumi.Output.from_input(program()))


def test_an_unknown_is_left_alone_in_a_preview(run: Runner) -> None:
    def program() -> Any:
        unknown: pulumi.Output[Any] = pulumi.Output.from_input(pulumi.UNKNOWN)
        return LABEL.validate_python(unknown)

    assert run(program, preview=True).result.known is False


def test_a_secret_unknown_stays_secret(run: Runner) -> None:
    def program() -> Any:
        return LABEL.validate_python(pulumi.Output.secret(pulumi.UNKNOWN))

    seen = run(program, preview=True).result
    assert (seen.known, seen.secret) == (False, True)


def test_a_known_output_is_checked_in_a_preview_too(run: Runner) -> None:
    with pytest.raises(ValidationError):
        run(lambda: told(LABEL, pulumi.Output.from_input("Web")), preview=True)


def test_an_output_keeps_its_resources(run: Runner) -> None:
    def program() -> Any:
        thing = pulumi.ComponentResource("test:index:Thing", "thing", None)
        output = LABEL.validate_python(thing.urn.apply(lambda _: "web"))

        async def resources() -> list[str]:
            return [type(each).__name__ for each in await output.resources()]

        return pulumi.Output.from_input(resources())

    assert run(program).result.value == ["ComponentResource"]


# --- within arguments: the error has the path -------------------------------------------------------------------------

# Where an Output may stand: changes to the smallest arguments, and the path of the Output within them.
PLACES: list[tuple[str, Callable[[Any], dict[str, Any]], Any, Any]] = [
    ("app.image", lambda v: {"app": {"image": v}}, "a:1", "A B"),
    ('app.env["PORT"]', lambda v: {"app": {"env": {"PORT": v}}}, "80", 80),
    ('app.env["A"].secret', lambda v: {"app": {"env": {"A": {"secret": v, "key": "k"}}}}, "s", "S S"),
    ('app.env["A"].key', lambda v: {"app": {"env": {"A": {"config_map": "c", "key": v}}}}, "k", "k k"),
    ("app.args[1]", lambda v: {"app": {"args": ["x", v]}}, "y", 1),
    ("app.command[0]", lambda v: {"app": {"command": [v]}}, "y", 1),
    ("app.resources.memory", lambda v: {"app": {"resources": {"memory": v}}}, "1Gi", "1GB"),
    ("app.resources.limits.cpu", lambda v: {"app": {"resources": {"limits": {"cpu": v}}}}, "1", "one"),
    ("proxy.image", lambda v: {"proxy": {"image": v}}, "a:1", "A B"),
    ("tls.dns_names[0]", lambda v: {"tls": {"kind": "issued", "dns_names": [v]}}, "a.example", "a b"),
    ("tls.ip_addresses[0]", lambda v: {"tls": {"kind": "issued", "ip_addresses": [v]}}, "::1", "a"),
    ("namespace", lambda v: {"namespace": v}, "shop", "Shop"),
    ("replicas", lambda v: {"replicas": v}, 2, -1),
    ('labels["a"]', lambda v: {"labels": {"a": v}}, "b", "-b"),
    ('annotations["a"]', lambda v: {"annotations": {"a": v}}, "b", 1),
    ('volumes["v"].name', lambda v: {"volumes": {"v": {"kind": "secret", "name": v}}}, "s", "S"),
    ("service.external_host", lambda v: {"service": {"external_host": v}}, "a.example", "a b"),
    ('service.annotations["a"]', lambda v: {"service": {"annotations": {"a": v}}}, "b", 1),
    ("service_account", lambda v: {"service_account": v}, "s", "S"),
    ("image_pull_secrets[0]", lambda v: {"image_pull_secrets": [v]}, "s", "S"),
]
at_each_place = pytest.mark.parametrize(("path", "at", "good", "bad"), PLACES, ids=[place[0] for place in PLACES])


def _fails(run: Runner, raw: Callable[[], Any], **kwargs: Any) -> ArgumentsError:
    with pytest.raises(ArgumentsError) as caught:
        run(lambda: (checked(raw()), None)[1], **kwargs)
    return caught.value


@at_each_place
def test_a_wrong_value_at_once(basic: Basic, path: str, at: Any, good: Any, bad: Any) -> None:
    checked(basic(at(good)))
    with pytest.raises(ArgumentsError) as caught:
        checked(basic(at(bad)))
    assert [problem.path for problem in caught.value.problems] == [path]


@at_each_place
def test_a_wrong_output_when_it_resolves(run: Runner, basic: Basic, path: str, at: Any, good: Any, bad: Any) -> None:
    run(lambda: (checked(basic(at(pulumi.Output.from_input(good)))), None)[1])
    error = _fails(run, lambda: basic(at(pulumi.Output.from_input(bad))))
    assert [problem.path for problem in error.problems] == [path]
    assert str(error).startswith('SidecarDeployment "web": 1 argument cannot be used\n')


@at_each_place
def test_a_wrong_secret_is_not_shown(run: Runner, basic: Basic, path: str, at: Any, good: Any, bad: Any) -> None:
    error = _fails(run, lambda: basic(at(pulumi.Output.secret(bad))))
    assert [problem.path for problem in error.problems] == [path]
    assert "got" not in str(error)
    assert error.__cause__ is None or repr(bad) not in str(error.__cause__)


@at_each_place
def test_a_wrong_awaitable_has_the_path(run: Runner, basic: Basic, path: str, at: Any, good: Any, bad: Any) -> None:
    error = _fails(run, lambda: basic(at(later(bad))))
    assert [problem.path for problem in error.problems] == [path]


@at_each_place
def test_an_unknown_anywhere_passes_a_preview(
    run: Runner, basic: Basic, path: str, at: Any, good: Any, bad: Any
) -> None:
    run(lambda: (checked(basic(at(pulumi.Output.from_input(pulumi.UNKNOWN)))), None)[1], preview=True)


@at_each_place
def test_models_report_the_same_path(run: Runner, basic: Basic, path: str, at: Any, good: Any, bad: Any) -> None:
    error = _fails(run, lambda: SidecarDeploymentArgs.model_validate(basic(at(pulumi.Output.from_input(bad)))))
    assert [problem.path for problem in error.problems] == [path]


def test_a_value_that_is_no_secret_is_shown(run: Runner, basic: Basic) -> None:
    assert "(got 'Shop')" in str(_fails(run, lambda: basic(namespace=pulumi.Output.from_input("Shop"))))


def test_environment_is_never_shown(run: Runner, basic: Basic) -> None:
    assert "12345" not in str(_fails(run, lambda: basic(app={"env": {"PIN": 12345}})))
    assert "12345" not in str(_fails(run, lambda: basic(app={"env": {"PIN": pulumi.Output.from_input(12345)}})))


def test_secret_values_pass_through_as_secrets(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        return dict(checked(basic(app={"env": {"A": pulumi.Output.secret("s"), "B": "t"}})).app.env)

    found = run(program).result
    assert (found["A"].value, found["A"].secret, found["B"]) == ("s", True, "t")


def test_a_failed_output_keeps_its_own_error(run: Runner, basic: Basic) -> None:
    def fail(_: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(lambda: (checked(basic(namespace=pulumi.Output.from_input(1).apply(fail))), None)[1])
