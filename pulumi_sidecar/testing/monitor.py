"""The recording monitor, with what tests ask beyond a rendering: all options, previews, and what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import struct_pb2

from pulumi_sidecar.runtime.recorded import UNKNOWN, Recorded
from pulumi_sidecar.runtime.recorder import RecordingMonitor
from pulumi_sidecar.runtime.wire import Reply
from pulumi_sidecar.testing.providers import MockProviders


class MockMonitor(RecordingMonitor):
    """Keeps every request, and forgets resources that were not created."""

    def __init__(self, mocks: MockProviders, *, namespace: str | None, suffix: str | None, preview: bool) -> None:
        super().__init__(mocks, namespace=namespace)
        self.requests: dict[str, Any] = {}
        """Registrations and reads by URN, after transforms."""
        self.failed: list[tuple[str, str, BaseException]] = []
        """Type, name and error of what could not be created."""
        self._preview = preview
        self._fixed_suffix = suffix

    def _named(self, metadata: dict[str, Any], recorded: Recorded, settings: Mapping[str, Any]) -> dict[str, Any]:
        prefix = metadata.get("generateName")
        if metadata.get("name") or not prefix:
            return super()._named(metadata, recorded, settings)
        end = self._suffix(recorded, settings)
        return {**metadata, "name": UNKNOWN if self._preview or prefix == UNKNOWN else f"{prefix}{end}"}

    def _suffix(self, recorded: Recorded, settings: Mapping[str, Any]) -> str:
        return self._fixed_suffix or super()._suffix(recorded, settings)

    def _create(self, request: Any, properties: struct_pb2.Struct, id_: str, *, read: bool) -> Recorded:
        try:
            recorded = super()._create(request, properties, id_, read=read)
        except BaseException as error:
            urn = self.make_urn(request.parent, request.type, request.name)
            if urn not in self.requests:  # else it is a second resource of the same URN that is refused
                self._recorded.pop(urn, None)
            self.failed.append((request.type, request.name, error))
            raise
        self.requests[recorded.urn] = request
        return recorded

    def _evaluated(self, recorded: Recorded, id_: str, request: Any) -> Recorded:
        done = super()._evaluated(recorded, id_, request)
        if not self._preview:
            return done
        # The engine marks secrets before they are known.
        return _with_late_secrets(done, request)


class InProcessMonitor(MockMonitor):
    """For a program in this process, which can be told more than the wire can say."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Answers with the outputs of the mocks."""
        return self._with_late_secrets(super().RegisterResource(request), "object")

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """Answers with what the mocks know about the resource of that id."""
        return self._with_late_secrets(super().ReadResource(request), "properties")

    def _with_late_secrets(self, response: Any, field_name: str) -> Any:
        recorded = self._recorded.get(response.urn)
        if self._preview or recorded is None or recorded.unevaluated is None:
            return response
        late = _with_late_secrets(recorded, self.requests[recorded.urn])
        if late == recorded:
            return response
        with self._lock:
            self._recorded[recorded.urn] = late
        return Reply(response, field_name, late.secret_outputs - recorded.secret_outputs)


def _with_late_secrets(recorded: Recorded, request: Any) -> Recorded:
    """With the outputs that are to be secret and are not known: unknown, and secret."""
    late = set(request.additionalSecretOutputs) - recorded.outputs.keys()
    outputs = {**recorded.outputs, **dict.fromkeys(late, UNKNOWN)}
    return replace(recorded, outputs=outputs, secret_outputs=recorded.secret_outputs | late)
