"""The engine's side of a plugin: starts the process as the engine does, and records what it registers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    errors_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
    status_pb2,
)

from pulumi_sidecar.runtime import wire
from pulumi_sidecar.runtime.recorded import Recorded
from pulumi_sidecar.testing.monitor import MockMonitor
from pulumi_sidecar.testing.providers import Answers, MockProviders

ROOT = Path(__file__).parents[2]


# --- values on the wire -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """An Output as engines send it: within the arguments, at its place."""

    value: Any = None
    known: bool = True
    secret: bool = False
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Marked:
    """A secret or a reference to a resource, as the wire marks it; older engines mark secrets so."""

    signature: str
    fields: Mapping[str, Any]


def secret_mark(value: Any) -> Marked:
    return Marked(rpc._special_secret_sig, {"value": value})


def reference(urn: str) -> Marked:
    return Marked(rpc._special_resource_sig, {"urn": urn})


UNKNOWN = Sent(known=False)


def on_wire(value: Any) -> Any:
    """Plain values, Sent and Marked as what protobuf's Struct takes."""
    if isinstance(value, Sent):
        known = {"value": value.value} if value.known else {}
        late = {**known, "secret": value.secret, "dependencies": list(value.dependencies)}
        return on_wire(Marked(rpc._special_output_value_sig, late))
    if isinstance(value, Marked):
        return on_wire({rpc._special_sig_key: value.signature, **value.fields})
    if isinstance(value, Mapping):
        return {key: on_wire(item) for key, item in value.items()}
    return [on_wire(item) for item in value] if isinstance(value, list) else value


# --- what the plugin talks to -----------------------------------------------------------------------------------------


class _Monitor(MockMonitor):
    def make_urn(self, parent: str, type_: str, name: str) -> str:
        ancestors = parent.split("::")[2] if parent else ""
        return f"urn:pulumi:test::project::{f'{ancestors}$' if ancestors else ''}{type_}::{name}"


_FEATURES = {"secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith"}


class _MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self, monitor: MockMonitor) -> None:
        self._monitor = monitor

    def SupportsFeature(self, request: Any, _: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterResource(self, request: Any, _: Any) -> Any:  # noqa: N802
        return self._monitor.RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any, _: Any) -> Any:  # noqa: N802
        return self._monitor.RegisterResourceOutputs(request)

    def Invoke(self, request: Any, _: Any) -> Any:  # noqa: N802
        if request.tok == "pulumi:pulumi:getResource":  # of what other programs made: providers
            answer = resource_pb2.ResourceInvokeResponse()
            getattr(answer, "return").update({"urn": request.args["urn"], "id": "some-id", "state": {}})
            return answer
        return self._monitor.Invoke(request)


class _EngineService(engine_pb2_grpc.EngineServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Log(self, request: Any, _: Any) -> Any:  # noqa: N802
        if request.severity != engine_pb2.DEBUG:
            self._engine.logged.append(request.message)
        return empty_pb2.Empty()


@dataclass
class Refused(Exception):  # noqa: N818 - what happened
    """The plugin's answer is an error."""

    message: str
    properties: dict[str, str] = field(default_factory=dict)
    """Reason by property path, as the protocol tells it."""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join([self.message, *(f"{path}: {reason}" for path, reason in self.properties.items())])


@dataclass
class Constructed:
    """A component, and what was registered with it."""

    urn: str
    state: dict[str, Any]
    secret: set[str]
    """The outputs that are secrets."""
    unknown: set[str]
    dependencies: dict[str, list[str]]
    resources: list[Recorded]

    def one(self, kind: str) -> Recorded:
        """The resource of a kind."""
        (found,) = [each for each in self.resources if each.type.endswith(f":{kind}")]
        return found


class Engine:
    """A plugin's process and the services that it calls. Use it with `with`."""

    def __init__(self) -> None:
        self.logged: list[str] = []
        self._monitors: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(_EngineService(self), self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        # A file: a full pipe that nobody reads would stop the plugin.
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._plugin = subprocess.Popen(
            [sys.executable, str(ROOT), self.address], stdout=subprocess.PIPE, stderr=self._stderr, text=True
        )
        assert self._plugin.stdout is not None
        port = self._plugin.stdout.readline().strip()
        if not port.isdigit():
            self._plugin.kill()
            self._plugin.wait()
            self._server.stop(None)
            raise AssertionError(f"the plugin said {port!r}: {self.printed}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.plugin = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._plugin.terminate()
        self._plugin.communicate(timeout=30)
        for server in (self._server, *self._monitors):
            server.stop(None)
        self._stderr.close()

    @property
    def printed(self) -> str:
        """What the process has written to its standard error, which the engine shows to users."""
        descriptor = self._stderr.fileno()  # its position is the process's as well, and stays
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()

    def _monitor(self, answers: Answers, *, preview: bool) -> tuple[_Monitor, str]:
        """A monitor with a server of its own: what a refused component still registers is no other's."""
        monitor = _Monitor(MockProviders(answers, preview=preview), namespace=None, suffix=None, preview=preview)
        server = grpc.server(ThreadPoolExecutor(max_workers=4))
        self._monitors.append(server)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_MonitorService(monitor), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        return monitor, f"127.0.0.1:{port}"

    def construct(
        self,
        inputs: Mapping[str, Any],
        *,
        type_: str = "sidecar:index:SidecarDeployment",
        name: str = "web",
        preview: bool = False,
        answers: Answers | None = None,
        **more: Any,
    ) -> Constructed:
        """Ask for a component, in a stack of its own. Raises Refused."""
        monitor, address = self._monitor(answers or Answers(), preview=preview)
        struct = struct_pb2.Struct()
        struct.update(on_wire(inputs))
        request = provider_pb2.ConstructRequest(
            project="project",
            stack="test",
            dryRun=preview,
            parallel=16,
            monitorEndpoint=address,
            type=type_,
            name=name,
            inputs=struct,
            accepts_output_values=True,
            **more,
        )
        try:
            answer = self.plugin.Construct(request, timeout=60)
        except grpc.RpcError as error:
            raise _refused(error) from None
        marks = wire.Marks()
        state = wire.decode(answer.state, marks)
        return Constructed(
            urn=answer.urn,
            state=state,
            secret={str(path[0]) for path in marks.secrets},
            unknown={str(path[0]) for path in marks.unknowns},
            dependencies={key: list(value.urns) for key, value in answer.stateDependencies.items()},
            resources=monitor.recorded,
        )


def _refused(error: Any) -> Refused:
    found = Refused(error.details() or "")
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                properties = errors_pb2.InputPropertiesError()
                assert detail.Unpack(properties)
                found.properties |= {each.property_path: each.reason for each in properties.errors}
    return found
