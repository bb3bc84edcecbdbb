"""What stands in for the provider plugins: local providers, and over them what the test asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from pulumi_sidecar.runtime.local_providers import LocalProviders
from pulumi_sidecar.runtime.recorded import UNKNOWN, NotEvaluable, ResourceArgs
from pulumi_sidecar.runtime.recorder import STACK_REFERENCE

Outputs = Mapping[str, Any] | Callable[[ResourceArgs], Mapping[str, Any]]
CallResult = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]

SERVICE = "kubernetes:core/v1:Service"


class CreationFailed(Exception):  # noqa: N818 - what happened, as the engine says it
    """A resource that `MockStack.fail_resource` named was to be created."""

    def __init__(self, type_: str, name: str, message: str) -> None:
        super().__init__(f"creating {type_} {name!r}: {message}")
        self.type, self.name, self.message = type_, name, message


def matches(wanted: str, type_: str) -> bool:
    """Whether `wanted` is the type, or its last word: "kubernetes:apps/v1:Deployment" or "Deployment"."""
    return wanted in (type_, type_.rpartition(":")[2])


@dataclass
class Answers:
    """What the test asks for."""

    outputs: list[tuple[str, str | None, Outputs, bool]] = field(default_factory=list)
    """(type, name or None for every name, outputs, known in previews); later ones go over earlier ones."""
    calls: dict[str, CallResult] = field(default_factory=dict)
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a StackReference has, by the stack's name."""
    failures: list[tuple[str, str | None, str | Exception]] = field(default_factory=list)
    load_balancer: str | None = None
    node_ports: int | None = None


class MockProviders(LocalProviders):
    """Computes what can be computed, adds what the test asks for, and leaves the rest unknown."""

    def __init__(self, answers: Answers, *, preview: bool) -> None:
        self._answers = answers
        self._preview = preview
        self._next_node_port = answers.node_ports or 0

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and outputs. In a preview what only a provider knows is absent, and so unknown."""
        if not self._preview and not getattr(args, "read", False):
            self._fail(args)
        missing: NotEvaluable | None = None
        try:
            id_, state = self._local(args)
        except NotEvaluable as error:
            missing, id_, state = error, error.id, error.state
        asked = self._asked(args)
        if self._preview and asked is None:
            return (args.resource_id if args.custom else id_), state
        # The real id is known after an update; what it is, no test should depend on.
        id_ = id_ or (f"{args.name}-id" if args.custom else "")
        if missing is not None and asked is None:
            raise NotEvaluable(missing.reason, essential=missing.essential, id_=id_, state=state, name=missing.name)
        state = merged(state, asked or {})
        return str(state.pop("id", "") or id_) if args.custom else id_, state

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The result of a provider's function."""
        asked = self._answers.calls.get(args.token)
        if asked is None:
            return super().call(args)
        given = asked(args.args) if callable(asked) else asked
        if not isinstance(given, Mapping):
            raise TypeError(f"mock_call({args.token!r}): the function gave {kind_of(given)}; let it return a dict")
        return dict(given), None

    def _local(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if self._preview and args.custom and args.typ.startswith("tls:"):
            return "", dict(args.inputs)  # keys and certificates are made by the update
        id_, state = super().new_resource(args)
        if args.typ == SERVICE and not self._preview:
            state = self._cluster_side(state)
        return id_, state

    def _fail(self, args: MockResourceArgs) -> None:
        for type_, name, error in self._answers.failures:
            if matches(type_, args.typ) and name in (None, args.name):
                raise error if isinstance(error, Exception) else CreationFailed(args.typ, args.name, error)

    def _asked(self, args: MockResourceArgs) -> dict[str, Any] | None:
        # What is looked up or imported is there already: the engine reads it in a preview as well.
        known = not self._preview or args.resource_id not in (None, UNKNOWN)
        found: dict[str, Any] | None = None
        if known and args.typ == STACK_REFERENCE:
            stacks = self._answers.stacks
            found = stacks.get(str(args.resource_id)) or stacks.get(args.name)
        for type_, name, outputs, known_in_preview in self._answers.outputs:
            if (known or known_in_preview) and matches(type_, args.typ) and name in (None, args.name):
                given = _given(type_, outputs, args)
                # What is looked up has the id that the program gives, unless this very resource is given another.
                of_others = getattr(args, "read", False) and name is None
                found = merged(found or {}, {k: v for k, v in given.items() if k != "id" or not of_others})
        return found

    def _cluster_side(self, state: dict[str, Any]) -> dict[str, Any]:
        """A Service with what a cluster adds to it, so far as the test asks for it."""
        spec = dict(state.get("spec") or {})
        kind = spec.get("type", "ClusterIP")
        if self._answers.node_ports is not None and kind in ("NodePort", "LoadBalancer"):
            spec["ports"] = [self._with_node_port(port) for port in spec.get("ports") or ()]
            state = {**state, "spec": spec}
        if self._answers.load_balancer and kind == "LoadBalancer":
            from pulumi_sidecar.fields import is_ip

            address = self._answers.load_balancer
            ingress = {"ip" if is_ip(address) else "hostname": address}
            state = {**state, "status": {"loadBalancer": {"ingress": [ingress]}}}
        return state

    def _with_node_port(self, port: dict[str, Any]) -> dict[str, Any]:
        if port.get("nodePort"):
            return port
        self._next_node_port += 1
        return {**port, "nodePort": self._next_node_port - 1}


def _given(type_: str, outputs: Outputs, args: MockResourceArgs) -> Mapping[str, Any]:
    assert isinstance(args, ResourceArgs)  # noqa: S101 - what RecordingMonitor passes
    given = outputs(args) if callable(outputs) else outputs
    if not isinstance(given, Mapping):
        remedy = "let it return a dict; outputs for one resource only: mock_resource(…, name=…)"
        raise TypeError(f"mock_resource({type_!r}): the function gave {kind_of(given)} for {args.name!r}; {remedy}")
    return given


def kind_of(given: Any) -> str:
    """What was given in place of a dict, for an error. Not its value: that may be a secret."""
    return "None" if given is None else f"a value of type {type(given).__name__}"


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` over it, dict by dict."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result
