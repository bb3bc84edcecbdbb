"""Runs a Pulumi program here: no engine, no plugins, no cluster.

Certificates and keys are real, Kubernetes objects are complete; what needs the engine is named in `Run.remote`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pulumi_sidecar.manifests import Manifest, Object
from pulumi_sidecar.runtime.execution import Component, execute, require_sdk, root_cause
from pulumi_sidecar.runtime.local_providers import Keeper, LocalProviders
from pulumi_sidecar.runtime.project import Project, ProjectError, of_function, read_project
from pulumi_sidecar.runtime.recorded import UNKNOWN, Recorded, Unevaluated
from pulumi_sidecar.runtime.recorder import RecordingMonitor

__all__ = [
    "UNKNOWN",
    "Component",
    "Keeper",
    "LocalProviders",
    "ProgramError",
    "Project",
    "ProjectError",
    "Recorded",
    "Run",
    "Unevaluated",
    "run",
]


class ProgramError(Exception):
    """The program failed. `__cause__` is its own exception, `remote` what could not be evaluated until then."""

    def __init__(self, cause: BaseException, remote: list[Unevaluated]) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.remote = remote


@dataclass(frozen=True)
class Run:
    """What a program declared."""

    resources: list[Recorded]
    """In the order of registration, without the stack itself."""
    outputs: dict[str, Any] = field(repr=False)
    """The stack's exports in the program's order, unwrapped; UNKNOWN where only the engine can tell."""
    secret_outputs: frozenset[str]
    """Names of exports that are, or hold, a secret."""
    components: list[Component]
    """The components that the program made, in their order."""
    remote: list[Unevaluated]
    """What the objects depend on and cannot be evaluated without the engine; empty when `objects` is complete."""

    def clusters(self) -> list[Run]:
        """The same for each cluster that objects go to, with these objects alone: what providers name tells them
        apart."""
        known = {each.urn: each.inputs for each in self.resources if each.type == "pulumi:providers:kubernetes"}

        def cluster(of: Recorded) -> str:
            given = known.get(of.provider.rpartition("::")[0], {})
            return json.dumps([given.get(key) for key in ("kubeconfig", "context", "cluster")], default=str)

        found = dict.fromkeys(cluster(each) for each in self.resources if each.is_object)
        return [
            replace(self, resources=[each for each in self.resources if not each.is_object or cluster(each) == one])
            for one in found
        ]

    def objects(self) -> list[Object]:
        """The Kubernetes objects as plain dicts, with names and namespaces, secrets included."""
        return [manifest.body for manifest in self.manifests()]

    def manifests(self) -> list[Manifest]:
        """The objects together with the places of their secrets, for `manifests.to_yaml`."""
        return [each.manifest() for each in self.resources if each.is_object]


def run(
    program: Path | str | Callable[[], None],
    *,
    project: str | None = None,
    stack: str = "offline",
    config: Mapping[str, str] | None = None,
    namespace: str | None = None,
    keep: Keeper | None = None,
) -> Run:
    """Run a program and return what it declared.

    `program` is a folder with a Pulumi.yaml, or a function that creates resources. `config` overrides the values of
    Pulumi.<stack>.yaml; keys without a colon belong to the project. `namespace` takes objects whose provider names
    none. `keep` keeps keys and certificates between runs. Raises ProjectError when the folder or its configuration
    cannot be used, ProgramError when the program fails. Changes the working directory and sys.path while a folder's
    program runs, so folders' programs wait for one another.
    """
    require_sdk()
    if callable(program):
        found = of_function(program, project or "project", config or {})
    else:
        found = read_project(Path(program), stack, config or {}, name=project)
    monitor = RecordingMonitor(LocalProviders(keep), namespace=namespace)
    outcome = execute(found, stack, monitor)
    error = outcome.exception()
    if isinstance(error, KeyboardInterrupt):
        raise error
    if error is not None:
        cause = root_cause(error)
        raise ProgramError(cause, _remote(monitor)) from cause
    exports, components = outcome.result()
    outputs = {name: monitor.stack_outputs.get(name) for name in exports}
    return Run(monitor.recorded, outputs, monitor.secret_stack_outputs, components, _remote(monitor))


def _remote(monitor: RecordingMonitor) -> list[Unevaluated]:
    """What may hide objects, and everything else that left a gap in one."""
    by_urn = {each.urn: each for each in monitor.recorded}
    missing = {each.urn: each for each in monitor.unevaluated if each.urn}
    needed: dict[str, Unevaluated] = {}

    def follow(urns: set[str]) -> None:
        for urn in sorted(urns & missing.keys() - needed.keys()):
            needed[urn] = missing[urn]
            follow(set(by_urn[urn].dependencies))

    gaps = []
    for resource in monitor.recorded:
        if resource.is_object and resource.unknown_paths:
            before = len(needed)
            follow(set(resource.dependencies))
            if len(needed) == before and not set(resource.dependencies) & missing.keys():
                where = ".".join(map(str, min(resource.unknown_paths, key=str)))
                gaps.append(Unevaluated(resource.type, resource.name, f"{where} is not known", resource.urn))
    essential = [each for each in monitor.unevaluated if each.essential]
    return essential + [each for each in needed.values() if not each.essential] + ([] if essential else gaps)
