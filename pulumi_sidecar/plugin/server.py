"""The plugin's process: it tells the engine its port, and answers until it is ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import Any

import grpc.aio  # type: ignore[import-untyped]  # the SDK comes without its stubs
import pulumi
from google.protobuf import struct_pb2
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.plugin.inputs import received
from pulumi_sidecar.plugin.provider import Provider
from pulumi_sidecar.plugin.spelling import camel_path, camel_words


class Servicer(ProviderServicer):
    """The SDK's servicer, but for what arguments are and how their errors are told."""

    async def _construct(self, request: proto.ConstructRequest, context: Any) -> proto.ConstructResponse:
        try:
            return await super()._construct(request, context)
        except ArgumentsError as error:
            raise told(error) from None

    @staticmethod
    async def _construct_inputs(inputs: struct_pb2.Struct, input_dependencies: Any) -> dict[str, Any]:  # noqa: ARG004
        # What an argument depends on stands at the Outputs within it, too.
        return received(inputs)


def told(error: ArgumentsError) -> pulumi.InputPropertiesError:
    """The error in the names of other languages.

    The engine prints the value it finds at a property's path, whatever it is. So a path whose value must not be seen is
    part of the message, and no property error.
    """
    shown = [problem for problem in error.problems if _may_be_shown(problem)]
    hidden = [problem for problem in error.problems if problem not in shown]
    count = len(error.problems)
    headline = f"{error.subject}: {count} argument{'s' if count != 1 else ''} cannot be used"
    lines = [f"  - {camel_path(problem.path)}: {_reason(problem)}" for problem in hidden]
    details = [
        pulumi.errors.InputPropertyErrorDetails(property_path=camel_path(problem.path), reason=_reason(problem))
        for problem in shown
    ]
    return pulumi.InputPropertiesError("\n".join([headline, *lines]), details)


def _may_be_shown(problem: Problem) -> bool:
    return problem.shown_value is not None or problem.reason == "is missing"


def _reason(problem: Problem) -> str:
    return camel_words(f"{problem.reason}.{f' {problem.remedy}' if problem.remedy else ''}")


def serve(arguments: list[str]) -> None:
    """Answer the engine at the address that it gave. Ends when the engine ends the process."""
    address = next((each for each in arguments if not each.startswith("-")), "")
    if not address:
        sys.exit("This is a plugin of Pulumi's engine, which starts it: `pulumi package add` and `pulumi up` do so.")
    # Of a component that is refused, Outputs fail that nobody waits for. The engine would show each with its traceback;
    # in programs Pulumi turns that off likewise.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(address, arguments))


async def _serve(engine: str, arguments: list[str]) -> None:
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer(Provider(), arguments, engine_address=engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)  # noqa: T201 - this is how the engine learns it
    await server.wait_for_termination()
