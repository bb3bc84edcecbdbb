"""The recording monitor, with what tests ask beyond a rendering: all options, previews, and what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import struct_pb2

from pulumi_sidecar.runtime.recorded import UNKNOWN, Recorded
from pulumi_sidecar.runtime.recorder import RecordingMonitor
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
        late = set(request.additionalSecretOutputs) - done.outputs.keys()
        outputs = {**done.outputs, **dict.fromkeys(late, UNKNOWN)}
        return replace(done, outputs=outputs, secret_outputs=done.secret_outputs | late)
