"""Runs where nothing but the package and its dependencies is: a program per argument, under the SDK's own mocks.

With the oldest versions of the dependencies there is no testing kit, which needs a newer SDK; hence plain mocks.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
from typing import Any

import pulumi

PEM = ("privateKeyPem", "certPem", "certRequestPem")


class Mocks(pulumi.runtime.Mocks):
    """Answers with the inputs, and keeps the types."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ARG002 - the SDK's signature
        """Nothing to say."""
        return {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """The inputs, with what the component reads of its children."""
        self.types.append(args.typ)
        state: dict[Any, Any] = dict(args.inputs)
        if args.typ.startswith("kubernetes:"):
            state["metadata"] = {"name": args.name, "namespace": "default", **(state.get("metadata") or {})}
        if args.typ.startswith("tls:"):
            state |= {name: f"{name} of {args.name}" for name in PEM if name not in state}
            state["validityEndTime"] = "2035-01-01T00:00:00Z"
        return f"{args.name}-id", state


def run(program: str) -> list[str]:
    """The types of the resources that a program makes."""
    mocks = Mocks()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(mocks)

    def inside() -> None:
        runpy.run_path(program, run_name="__main__")

    awaited: Any = pulumi.runtime.test  # the SDK leaves it without types
    awaited(inside)()
    return mocks.types


def main() -> None:
    """Fails unless every program makes a Deployment and a Service."""
    for program in sys.argv[1:]:
        types = run(program)
        missing = {"kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"} - set(types)
        if missing:
            sys.exit(f"{program}: made no {', '.join(sorted(missing))}")
        print(f"  {program}: {len(types)} resources")  # noqa: T201 - what the caller reads


if __name__ == "__main__":
    main()
