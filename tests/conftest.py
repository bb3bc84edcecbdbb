"""A Pulumi program under mocks, awaited to its end: what the program registered, and what it returned.

`run` and `deploy` await everything, so that an assertion which fails inside `apply` fails the test (test_harness.py
proves it). Each call has a context and an event loop of its own: nothing is set at import, and no test sees another's
mocks, on any Python.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"  # an Output in an f-string raises, instead of writing nonsense

import pulumi
import pytest
from hypothesis import HealthCheck, settings
from pulumi.output import contains_unknowns
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc
from pulumi.runtime import settings as pulumi_settings
from pulumi.runtime.stack import run_pulumi_func

# A shell starts what runs in the background with these ignored, and children would inherit that.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Two busy cores make single examples slow; the number of examples keeps the suite fast.
settings.register_profile("suite", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

Reply = Mapping[str, Any]
Path = tuple[str | int, ...]


class _Unknown:
    """Stands in recorded inputs for what a preview does not know."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Seen:
    """An Output, awaited."""

    value: Any
    secret: bool
    known: bool


@dataclass(frozen=True)
class Registered:
    """A resource as the program declared it: camelCase inputs, whole numbers as ints, secrets unwrapped."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    secrets: frozenset[Path]
    """Paths within `inputs` at which a secret stands."""
    parent: str
    provider: str
    providers: dict[str, str]
    aliases: list[Any]
    dependencies: frozenset[str]
    protect: bool
    custom: bool
    request: Any = field(repr=False)

    def secret_at(self, *path: str | int) -> bool:
        """Whether the value at `path` is a secret, by itself or as part of one."""
        return any(path[: len(secret)] == secret for secret in self.secrets)

    def has_secret(self, *path: str | int) -> bool:
        """Whether a secret is at `path`, above it or below it."""
        return self.secret_at(*path) or any(secret[: len(path)] == path for secret in self.secrets)


def _plain(value: Any, path: Path, secrets: set[Path]) -> Any:
    if rpc.is_rpc_secret(value):
        secrets.add(path)
        return _plain(value["value"], path, secrets)
    if isinstance(value, pulumi.Output) or value == rpc.UNKNOWN or type(value).__name__ == "Unknown":
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _plain(item, (*path, key), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, (*path, index), secrets) for index, item in enumerate(value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_struct(value: Any) -> Any:
    """A protobuf value as the SDK's own deserialiser gives it, but with secrets where they are, not a level up."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: _of_struct(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_of_struct(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind)


class RecordingMocks(pulumi.runtime.Mocks):
    """Answers as the SDK's documentation shows it: the inputs are the outputs, plus what `replies` says by type.

    A reply is merged over the inputs; one that is a function gets the arguments. Kubernetes objects get a name and a
    namespace, certificates some PEM; a preview leaves PEM unknown. No output is a secret by itself.
    """

    def __init__(self, replies: Mapping[str, Reply | Callable[[Any], Reply]], preview: bool, namespace: str) -> None:
        self.replies = replies
        self.preview = preview
        self.namespace = namespace

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ARG002 (the SDK's signature)
        return {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        state = dict(args.inputs)
        if args.typ.startswith("kubernetes:"):
            metadata = rpc.unwrap_rpc_secret(state.get("metadata") or {})
            state["metadata"] = {"name": f"{args.name}-1a2b3c4d", "namespace": self.namespace, **metadata}
        if args.typ.startswith("tls:") and not self.preview:
            state["validityEndTime"] = "2027-01-30T12:00:00Z"
            for output in ("privateKeyPem", "certPem", "certRequestPem"):
                state[output] = state.get(output, f"{output} of {args.name}")
        reply = self.replies.get(args.typ, {})
        state.update(reply(args) if callable(reply) else reply)
        return f"{args.name}-id", state


class RecordingMonitor(pulumi_mocks.MockMonitor):
    """The stock mock monitor, which also keeps what it does not tell the mocks."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.seen: list[Registered] = []
        self.outputs: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            secrets: set[Path] = set()
            raw = {key: _of_struct(value) for key, value in request.object.fields.items()}
            self.seen.append(
                Registered(
                    urn=response.urn,
                    type=request.type,
                    name=request.name,
                    inputs=_plain(raw, (), secrets),
                    secrets=frozenset(secrets),
                    parent=request.parent,
                    provider=request.provider,
                    providers=dict(request.providers),
                    aliases=list(request.aliases),
                    dependencies=frozenset(request.dependencies),
                    protect=request.protect,
                    custom=request.custom,
                    request=request,
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        secrets: set[Path] = set()
        self.outputs[request.urn] = {
            key: _plain(_of_struct(value), (key,), secrets) for key, value in request.outputs.fields.items()
        }
        return super().RegisterResourceOutputs(request)


@dataclass(frozen=True)
class Run:
    """A program that has ended."""

    result: Any
    """What the program returned, with every Output in it awaited: a Seen."""
    resources: list[Registered]
    registered_outputs: dict[str, dict[str, Any]]
    """What each component handed to register_outputs, by URN."""

    def all(self, kind: str) -> list[Registered]:
        """Resources of a type; its last word is enough ("Secret")."""
        return [each for each in self.resources if each.type in (kind,) or each.type.rpartition(":")[2] == kind]

    def one(self, kind: str, name: str | None = None) -> Registered:
        """The only resource of a type (and name)."""
        found = [each for each in self.all(kind) if name in (None, each.name)]
        assert len(found) == 1, [(each.type, each.name) for each in self.resources]
        return found[0]


async def _look(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        found = await value.future(with_unknowns=True)
        known = await value.is_known() and not contains_unknowns(found)
        return Seen(found if known else None, await value.is_secret(), known)
    if isinstance(value, dict):
        return {key: await _look(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [await _look(item) for item in value]
    return value


def _run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    replies: Mapping[str, Reply | Callable[[Any], Reply]] | None = None,
    namespace: str = "default",
) -> Run:
    monitor = RecordingMonitor(RecordingMocks(replies or {}, preview, namespace))
    kept: dict[str, Any] = {}

    async def main() -> None:
        kept["result"] = await _look(program())

    def inside() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        pulumi_settings.ROOT.set(None)
        try:
            pulumi.runtime.set_mocks(monitor.mocks, preview=preview, monitor=monitor)
            pulumi_settings.SETTINGS.outputs.clear()
            loop.run_until_complete(run_pulumi_func(main))
        finally:
            pulumi_settings.SETTINGS.outputs.clear()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.copy_context().run(inside)
    return Run(kept["result"], monitor.seen, monitor.outputs)


class Runner(Protocol):
    """Runs a program under fresh mocks."""

    def __call__(
        self,
        program: Callable[[], Any],
        *,
        preview: bool = False,
        replies: Mapping[str, Reply | Callable[[Any], Reply]] | None = None,
        namespace: str = "default",
    ) -> Run: ...


class Deploy(Protocol):
    """Makes one SidecarDeployment in a program of its own; `result` has its outputs by name."""

    def __call__(
        self, args: Any = None, name: str = "web", opts: pulumi.ResourceOptions | None = None, **kwargs: Any
    ) -> Run: ...


BASIC: dict[str, Any] = {"app": {"image": "ghcr.io/acme/web:1.4", "port": 8080}, "proxy": {"kind": "nginx"}}
"""The README's arguments."""


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` over it, dict by dict; its dicts are new ones."""
    result = {key: merged(value, {}) if type(value) is dict else value for key, value in base.items()}
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


@pytest.fixture
def run() -> Runner:
    """Runs a program (a function without arguments) under mocks of its own."""
    return _run


@pytest.fixture
def basic() -> Callable[..., dict[str, Any]]:
    """The smallest arguments, with changes merged over them."""
    return lambda changes=None, /, **more: merged(BASIC, {**(changes or {}), **more})


@pytest.fixture
def deploy() -> Deploy:
    """One SidecarDeployment of the smallest arguments and `args` over them (a model is taken as it is)."""
    from pulumi_sidecar import SidecarDeployment

    def make(args: Any = None, name: str = "web", opts: pulumi.ResourceOptions | None = None, **kwargs: Any) -> Run:
        full = merged(BASIC, args or {}) if args is None or isinstance(args, Mapping) else args

        def program() -> dict[str, Any]:
            made = SidecarDeployment(name, full, opts)
            return {key: getattr(made, key) for key in SidecarDeployment.__annotations__}

        return _run(program, **kwargs)

    return make
