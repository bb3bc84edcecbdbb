"""A mock monitor that remembers all that a program asked of the engine, and answers as the engine would.

The SDK's own MockMonitor drops parents, aliases, dependencies and registered outputs, never runs transforms, turns
integers into floats and forgets which outputs are secret. This one keeps them. Use it with
`pulumi.runtime.set_mocks(mocks, monitor=RecordingMonitor(mocks))`, or let `pulumi_sidecar.offline.run` do so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi import get_project, get_stack
from pulumi.runtime.config import get_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, Mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2

from pulumi_sidecar.manifests import CLUSTER_SCOPED
from pulumi_sidecar.runtime import transforms, wire
from pulumi_sidecar.runtime.recorded import NotEvaluable, Recorded, ResourceArgs, Unevaluated
from pulumi_sidecar.runtime.wire import UNKNOWN, Marks, decode, encode

STACK_TYPE = "pulumi:pulumi:Stack"

# Outputs that the real providers mark secret, whatever the SDK in use asks for.
_SECRET_OUTPUTS = {
    "tls:index/privateKey:PrivateKey": {"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"},
    "kubernetes:core/v1:Secret": {"data", "stringData"},
}
STACK_REFERENCE = "pulumi:pulumi:StackReference"

_PUBLIC_KEYS = ("tls.crt", "ca.crt")


class RecordingMonitor(MockMonitor):
    """Records every registration, read and invoke.

    `namespace` is where namespaced Kubernetes objects go whose provider names none; without it the stack's
    `kubernetes:namespace`, else "default".
    """

    def __init__(self, mocks: Mocks, *, namespace: str | None = None) -> None:
        super().__init__(mocks)
        self.unevaluated: list[Unevaluated] = []
        self.stack_urn = ""
        self.stack_outputs: dict[str, Any] = {}
        self.secret_stack_outputs: frozenset[str] = frozenset()
        self._namespace = namespace
        self._recorded: dict[str, Recorded] = {}
        self._lock = threading.Lock()
        self._cluster_kinds = set(CLUSTER_SCOPED)
        self._stack_callbacks: list[Any] = []
        self._invoke_callbacks: list[Any] = []
        self._callbacks: dict[str, list[Any]] = {}

    @property
    def recorded(self) -> list[Recorded]:
        """All resources but the stack, in the order of their registration."""
        return list(self._recorded.values())

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine does: types of all ancestors but the stack. (The SDK's mock keeps only the last one.)"""
        ancestors = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if ancestors == STACK_TYPE else f"{ancestors}${type_}"
        return f"urn:pulumi:{get_stack()}::{get_project()}::{qualified}::{name}"

    # The method names are those of the gRPC service.

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Answers with the outputs of the mocks. Raises on a URN that is already taken, as the engine does."""
        if request.type == STACK_TYPE:
            self.stack_urn = self.make_urn(request.parent, request.type, request.name)
            return resource_pb2.RegisterResourceResponse(urn=self.stack_urn)
        request = self._transformed(request)
        recorded = self._create(request, request.object, request.importId, read=False)
        response = resource_pb2.RegisterResourceResponse(
            urn=recorded.urn, id=recorded.id, object=encode(recorded.outputs, recorded.secret_outputs)
        )
        wire.mark_unknown(response, recorded.unevaluated, remote=recorded.remote)
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """Answers with what the mocks know about the resource of that id."""
        recorded = self._create(request, request.properties, request.id, read=True)
        properties = encode(recorded.outputs, recorded.secret_outputs)
        id_ = recorded.id if recorded.id != UNKNOWN else ""
        response = resource_pb2.ReadResourceResponse(urn=recorded.urn, id=id_, properties=properties)
        wire.mark_unknown(response, recorded.unevaluated, remote=recorded.remote)
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """Answers with the mocks' result, or with an unknown one where they have none."""
        if request.tok == "pulumi:pulumi:getResource":
            return super().Invoke(request)  # type: ignore[no-untyped-call]  # the SDK's
        request = transforms.invoked(request, self._invoke_callbacks)
        response = resource_pb2.ResourceInvokeResponse()
        response.unknown = not self._answer(request, response)
        return response

    def Call(self, request: Any) -> Any:  # noqa: N802
        """Answers for a resource's method as for a function. In its arguments `__self__` is the resource's id."""
        response = provider_pb2.CallResponse()
        return response if self._answer(request, response) else wire.unknown_result()

    def _answer(self, request: Any, response: Any) -> bool:
        """Fill in the result of a function. False where it is not known."""
        marks = Marks()
        args = decode(request.args, marks)
        if marks.unknowns:
            return False
        try:
            result = self.mocks.call(MockCallArgs(token=request.tok, args=args, provider=request.provider))
        except NotEvaluable as missing:
            self.unevaluated.append(Unevaluated(request.tok, missing.name, missing.reason))
            return False
        # The SDK's own monitor takes a bare dict as well, whatever the signature says.
        values, failures = result if isinstance(result, tuple) else (result, None)  # type: ignore[redundant-expr]
        for prop, reason in failures or ():
            response.failures.add(property=prop, reason=reason)
        # Of an invoke's arguments the SDK itself keeps in mind that one was a secret.
        getattr(response, "return").CopyFrom(encode(values, values if marks.secrets else ()))
        return True

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keeps what a component, or the stack, exposes."""
        marks = Marks()
        outputs = decode(request.outputs, marks)
        with self._lock:
            if request.urn == self.stack_urn:
                self.stack_outputs = outputs
                self.secret_stack_outputs = frozenset(str(path[0]) for path in marks.secrets if path)
            elif request.urn in self._recorded:
                self._recorded[request.urn] = replace(
                    self._recorded[request.urn],
                    registered_outputs=outputs,
                    secret_registered_outputs=frozenset(marks.secrets),
                )
        return empty_pb2.Empty()

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802
        """Remembers a transform that every later resource goes through."""
        self._stack_callbacks.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> Any:  # noqa: N802
        """Remembers a transform that every later invoke goes through."""
        self._invoke_callbacks.append(request)
        return empty_pb2.Empty()

    def _create(self, request: Any, properties: struct_pb2.Struct, id_: str, *, read: bool) -> Recorded:
        urn = self.make_urn(request.parent, request.type, request.name)
        marks = Marks()
        base = Recorded(urn=urn, type=request.type, name=request.name, inputs=decode(properties, marks), outputs={})
        with self._lock:
            if urn in self._recorded:
                raise pulumi.RunError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self._recorded[urn] = base  # claims the URN, and the place in the order
        recorded = replace(
            base,
            secret_paths=frozenset(marks.secrets),
            unknown_paths=frozenset(marks.unknowns),
            read=read,
            import_id="" if read else id_,
            **wire.options(request),
        )
        recorded = self._evaluated(recorded, id_, request)
        with self._lock:
            # Outputs may have been registered while the mocks were at work.
            early = self._recorded[urn]
            self._recorded[urn] = replace(
                recorded,
                registered_outputs=early.registered_outputs,
                secret_registered_outputs=early.secret_registered_outputs,
            )
            self.resources[urn] = MockMonitor.ResourceRegistration(urn, recorded.id, recorded.outputs)
        return recorded

    def _evaluated(self, recorded: Recorded, id_: str, request: Any) -> Recorded:
        checked = recorded.inputs if recorded.read else self._checked(recorded)
        args = ResourceArgs(
            typ=recorded.type,
            name=recorded.name,
            inputs=checked,
            provider=recorded.provider,
            resource_id=id_ or None,
            custom=recorded.custom,
        )
        args.remote, args.read = recorded.remote, recorded.read
        reason = None
        try:
            new_id, state = self.mocks.new_resource(args)
        except NotEvaluable as missing:
            reason, new_id, state = missing.reason, missing.id, missing.state
            self.unevaluated.append(Unevaluated(recorded.type, recorded.name, reason, recorded.urn, missing.essential))
        except Exception as error:
            error.add_note(wire.place(request))
            raise
        secret = {str(path[0]) for path in recorded.secret_paths if path} | set(request.additionalSecretOutputs)
        secret |= _SECRET_OUTPUTS.get(recorded.type, set())
        if recorded.type == STACK_REFERENCE and state.get("secretOutputNames"):
            secret |= {"outputs"}  # as a whole, as under the engine: get_output then looks at the names
        new_id = recorded.import_id or new_id or (id_ if recorded.read else "")
        return replace(
            recorded, id=new_id, outputs=state, secret_outputs=frozenset(secret & set(state)), unevaluated=reason
        )

    def _checked(self, recorded: Recorded) -> dict[str, Any]:
        """The inputs after the provider's check: Kubernetes objects have a name and, if namespaced, a namespace."""
        inputs = recorded.inputs
        given = inputs.get("metadata") or {}
        if (
            not recorded.custom
            or not recorded.type.startswith("kubernetes:")
            or "kind" not in inputs
            or given == UNKNOWN
        ):
            return inputs
        spec = inputs.get("spec") or {}
        if inputs["kind"] == "CustomResourceDefinition" and spec != UNKNOWN and spec.get("scope") == "Cluster":
            self._cluster_kinds.add(spec.get("names", {}).get("kind", ""))
        owner = self._recorded.get(recorded.provider.rpartition("::")[0])
        settings = owner.inputs if owner else {}
        metadata = self._named(dict(given), recorded, settings)
        if inputs["kind"] not in self._cluster_kinds and not metadata.get("namespace"):
            default = self._namespace or get_config("kubernetes:namespace") or "default"
            metadata["namespace"] = settings.get("namespace") or default
        return {**inputs, "metadata": metadata}

    def _named(self, metadata: dict[str, Any], recorded: Recorded, settings: Mapping[str, Any]) -> dict[str, Any]:
        """With the name that the provider gives. One that begins with generateName the API server gives, later."""
        if metadata.get("name") or metadata.get("generateName"):
            return metadata
        return {**metadata, "name": f"{recorded.name}-{self._suffix(recorded, settings)}"}

    def _suffix(self, recorded: Recorded, settings: Mapping[str, Any]) -> str:
        return _suffix(recorded, settings)

    def _transformed(self, request: Any) -> Any:
        """The request after its own transforms, its ancestors' and the stack's, in the engine's order."""
        own, others = list(request.transforms), list[Any]()
        self._callbacks[self.make_urn(request.parent, request.type, request.name)] = own
        ancestor: Recorded | None = self._recorded.get(request.parent)
        while ancestor:
            others += self._callbacks.get(ancestor.urn, [])
            ancestor = self._recorded.get(ancestor.parent)
        return transforms.transformed(request, own, [*others, *self._stack_callbacks])


def _suffix(recorded: Recorded, settings: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits, where the engine draws them by chance: the same for the same object.

    A ConfigMap or Secret whose data changed is replaced under a new name by the real engine, so its data counts here.
    Of a Secret only the keys and the certificates do: 32 bits of a hash are enough to test guesses of a password.
    """
    kind, parts = recorded.inputs.get("kind"), [recorded.urn]
    inputs = recorded.inputs
    if kind == "ConfigMap" and str(settings.get("enableConfigMapMutable", "")).lower() != "true":
        parts += [repr(inputs.get("data")), repr(inputs.get("binaryData"))]
    elif kind == "Secret" and str(settings.get("enableSecretMutable", "")).lower() != "true":
        for values in (inputs.get("data"), inputs.get("stringData")):
            if isinstance(values, Mapping):
                parts += [f"{key}={values[key] if key in _PUBLIC_KEYS else ''}" for key in sorted(values)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
