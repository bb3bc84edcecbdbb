"""MockStack: a stack whose providers are mocks, to run programs in."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.output import contains_unknowns
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import engine_pb2

from pulumi_sidecar.runtime.execution import execute, require_sdk, root_cause
from pulumi_sidecar.runtime.project import Project, ProjectError, full_key, of_function, read_project
from pulumi_sidecar.runtime.recorded import UNKNOWN, Unevaluated
from pulumi_sidecar.testing.monitor import InProcessMonitor
from pulumi_sidecar.testing.providers import Answers, CallResult, MockProviders, Outputs, kind_of, merged
from pulumi_sidecar.testing.result import Diagnostic, Failure, OutputValue, Result, resource

Program = Callable[[], Any] | Path | str
"""A folder with a Pulumi.yaml, or a function that creates resources (async, if you like)."""


class MockStack:
    """Runs Pulumi programs without engine, plugins or cluster, and records what they declare.

    Nothing is shared with other stacks or between two runs: each has a thread, an event loop and a Pulumi runtime of
    its own. Every Output is awaited: an assertion that fails inside `apply` fails the test.

    A folder's program is the exception: while it runs, the process's working directory and sys.path are the folder's,
    as under the engine; then they are put back. So one folder program runs at a time, others wait, and nothing else
    should run beside it.
    """

    def __init__(
        self,
        *,
        project: str | None = None,
        stack: str = "test",
        organization: str | None = None,
        config: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
        namespace: str | None = None,
        load_balancer: str | None = None,
        node_ports: int | None = None,
        name_suffix: str | None = None,
    ) -> None:
        """
        :param project: Name of the project; by default the one in Pulumi.yaml, or "project".
        :param stack: Name of the stack, or ORGANIZATION/PROJECT/STACK, whose last part is the name; of a folder's
            program Pulumi.<stack>.yaml is read.
        :param organization: What pulumi.get_organization() gives; by default the stack's ORGANIZATION, or
            "organization" where it has none.
        :param config: Configuration over the files'; a key without a colon belongs to the project. What is no string
            gets to the program as JSON, as with the engine.
        :param secrets: Secret configuration, given in the same way. Its values must not stand in plain anywhere:
            assert_no_plain_secrets.
        :param namespace: The namespace of Kubernetes objects whose provider names none; "default" by default.
        :param load_balancer: The address (IP or host name) that Services of type LoadBalancer get. By default they
            are still waiting for one.
        :param node_ports: The first of the node ports that Services get, for example 30000. By default they get none.
        :param name_suffix: What those names of Kubernetes objects end in that Pulumi makes up ("web-" and this). By
            default eight digits that follow from the object, so that changed data gives another name.
        """
        self.project = project
        self.stack = stack
        self.organization = organization
        self.config = dict(config or {})
        self.secrets = dict(secrets or {})
        self.namespace = namespace
        self.name_suffix = name_suffix
        self.result: Result | None = None
        """What the last run came to, also where it failed."""
        self._answers = Answers(load_balancer=load_balancer, node_ports=node_ports)

    # --- what providers answer ----------------------------------------------------------------------------------------

    def mock_resource(
        self, type_: str, outputs: Outputs, *, name: str | None = None, known_in_preview: bool = False
    ) -> None:
        """Outputs that an update gives to resources of a type ("aws:s3/bucket:Bucket", or its last word).

        They go over the inputs, dict by dict; keys are the engine's (camelCase); "id" is the resource's id, but not of
        what is looked up, unless it is named. A function gets a ResourceArgs (typ, name, inputs …). Previews do not
        know them, unless `known_in_preview` says that the resource is there already, from an update before; what is
        looked up (`.get()`) or imported is so, too.
        """
        if not callable(outputs):
            _require_dict(f"mock_resource({type_!r})", outputs, " or a function that returns one")
        self._answers.outputs.append((type_, name, outputs, known_in_preview))

    def mock_call(self, token: str, result: CallResult) -> None:
        """The result of a provider's function ("aws:index/getRegion:getRegion"), or of a resource's method.

        A function gets its arguments; among a method's `__self__` is the resource's id.
        """
        if not callable(result):
            _require_dict(f"mock_call({token!r})", result, " or a function that returns one")
        self._answers.calls[token] = result

    def mock_stack_reference(self, name: str, outputs: Mapping[str, Any], *, secret: tuple[str, ...] = ()) -> None:
        """The outputs of another stack, known in previews, too; `secret` names those that are secrets."""
        _require_dict(f"mock_stack_reference({name!r})", outputs)
        before = self._answers.stacks.get(name, {})
        names = dict.fromkeys([*before.get("secretOutputNames", ()), *secret])
        answer = {"outputs": dict(outputs), "secretOutputNames": list(names)}
        self._answers.stacks[name] = merged(before, answer)

    def fail_resource(self, type_: str, *, name: str | None = None, error: str | Exception = "refused") -> None:
        """Updates cannot create resources of that type (and name).

        What depends on them is not created, the rest is, and `up` raises: CreationFailed with that text, or the
        exception that is given. Previews do not see it.
        """
        self._answers.failures.append((type_, name, error))

    def cluster(self, *, load_balancer: str | None = None, node_ports: int | None = None) -> None:
        """What Services get from the cluster from now on; see the constructor."""
        self._answers.load_balancer, self._answers.node_ports = load_balancer, node_ports

    # --- runs ---------------------------------------------------------------------------------------------------------

    def up(self, program: Program) -> Result:
        """Run a program as an update that creates everything anew.

        Raises what the program raises, or what fail_resource asked for; `result` then tells what was created.
        """
        return self._run(program, preview=False)

    def preview(self, program: Program) -> Result:
        """Run a program as the preview of a first update: what providers make up is unknown."""
        return self._run(program, preview=True)

    def _run(self, program: Program, *, preview: bool) -> Result:
        require_sdk()
        self.result = None
        found = self._project(program)
        providers = MockProviders(self._answers, preview=preview)
        monitor = InProcessMonitor(providers, namespace=self.namespace, suffix=self.name_suffix, preview=preview)
        run = _InRuntime(found)
        inside = replace(found, start=run.start)
        outcome = execute(
            inside, self.stack, monitor, organization=self.organization, preview=preview, engine=run.engine
        )
        error = outcome.exception()
        names = outcome.result()[0] if error is None else list(monitor.stack_outputs)
        self.result = Result(
            resources=[resource(each, monitor.requests[each.urn]) for each in monitor.recorded],
            outputs={
                name: OutputValue(monitor.stack_outputs.get(name), name in monitor.secret_stack_outputs)
                for name in names
            },
            returned=run.returned,
            diagnostics=run.engine.diagnostics,
            failed=[Failure(*each) for each in monitor.failed],
            unmocked=list(monitor.unevaluated),
            preview=preview,
            secret_config=tuple(found.config[key] for key in found.secret_keys if key in found.config),
        )
        if error is not None:
            raise _explained(root_cause(error), monitor.unevaluated)
        return self.result

    def _project(self, program: Program) -> Project:
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in {**self.config, **self.secrets}.items()
        }
        if callable(program):
            found = of_function(program, self.project or "project", texts)
        else:
            found = _read(Path(program), self.stack, texts, self.project)
        secret = {full_key(key, found.name) for key in self.secrets}
        return replace(found, secret_keys=found.secret_keys | secret)


def _read(folder: Path, stack: str, texts: Mapping[str, str], name: str | None) -> Project:
    try:
        return read_project(folder, stack, texts, name=name)
    except ProjectError as error:  # --config is the command's
        text = re.sub(r"--config (\S+)=VALUE", r'MockStack(secrets={"\1": …})', str(error))
        raise ProjectError(text) from error.__cause__


def _require_dict(call: str, given: Any, otherwise: str = "") -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{call}: a dict{otherwise} is expected, not {kind_of(given)}")


def _explained(error: BaseException, unmocked: list[Unevaluated]) -> BaseException:
    """With a note where the program used what a plain invoke gives for an unknown result: None."""
    functions = dict.fromkeys(each.type for each in unmocked if not each.urn)
    if functions and isinstance(error, TypeError | AttributeError) and "NoneType" in str(error):
        calls = ", ".join(f"mock_call({each!r}, …)" for each in functions)
        error.add_note(f"functions without a result here give None; give them one: {calls}")
    return error


class _InRuntime:
    """The program, started within a runtime that is set up already."""

    def __init__(self, project: Project) -> None:
        self.engine = _Engine()
        self.returned: Any = None
        self._project = project

    def start(self) -> None:
        """Run the program; what it returns is awaited by the SDK, together with all other Outputs."""
        value: Any = cast(Callable[[], Any], self._project.start)()
        if inspect.iscoroutine(value):
            pulumi.run(lambda: self._finish(value))
        else:
            self._await(value)

    async def _finish(self, value: Any) -> None:
        self._await(await value)  # and no result of its own: pulumi.run would export it

    def _await(self, value: Any) -> None:
        if value is not None:
            pulumi.Output.from_input(cast(Any, self._keep(value)))  # the SDK's types take no coroutine

    async def _keep(self, value: Any) -> None:
        self.returned = await _resolved(value)


async def _resolved(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        found = await value.future(with_unknowns=True)
        known = await value.is_known() and not contains_unknowns(found)
        return OutputValue(found if known else UNKNOWN, await value.is_secret())
    if isinstance(value, Mapping):
        return {key: await _resolved(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [await _resolved(item) for item in value]
    return value


class _Engine(MockEngine):
    """Keeps what the program logs."""

    def __init__(self) -> None:
        super().__init__(None)
        self.diagnostics: list[Diagnostic] = []

    def Log(self, request: Any) -> None:  # noqa: N802 - gRPC's name
        """One message. The SDK's own, at level debug, are of no use to a test."""
        if request.severity != engine_pb2.DEBUG:
            severity = engine_pb2.LogSeverity.Name(request.severity).lower()
            self.diagnostics.append(Diagnostic(severity, request.message, request.urn))
