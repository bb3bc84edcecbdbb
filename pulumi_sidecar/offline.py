"""Runs a Pulumi program here: no engine, no plugins, no cluster.

Certificates and keys are real, Kubernetes objects are complete; what needs the engine is named in `Run.remote`.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime import settings
from pulumi.runtime import stack as stack_runtime
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import set_mocks

from pulumi_sidecar._project import Project, ProjectError, of_function, read_project, surroundings
from pulumi_sidecar._wire import sdk_is_recent
from pulumi_sidecar.local_providers import Keeper, LocalProviders
from pulumi_sidecar.manifests import Manifest, Object
from pulumi_sidecar.recorder import UNKNOWN, Recorded, RecordingMonitor, Unevaluated

__all__ = [
    "UNKNOWN",
    "Keeper",
    "LocalProviders",
    "ProgramError",
    "Project",
    "ProjectError",
    "Run",
    "Unevaluated",
    "run",
]

_INTERNAL_ANNOTATIONS = "pulumi.com/"


class ProgramError(Exception):
    """The program failed. `__cause__` is its own exception, `remote` what could not be evaluated until then."""

    def __init__(self, cause: BaseException, remote: list[Unevaluated]) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.remote = remote


@dataclass(frozen=True)
class Component:
    """A component as the program has it. Its Outputs are of an event loop that has ended: only plain values tell."""

    name: str
    component: pulumi.ComponentResource = field(repr=False)


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

    def objects(self) -> list[Object]:
        """The Kubernetes objects as plain dicts, with names and namespaces, secrets included."""
        return [manifest.body for manifest in self.manifests()]

    def manifests(self) -> list[Manifest]:
        """The objects together with the places of their secrets, for `manifests.to_yaml`."""
        return [_manifest(each) for each in self.resources if _is_object(each)]


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
    program runs, so one run at a time.
    """
    if not sdk_is_recent():
        raise ProjectError(f"pulumi {version('pulumi')} is too old to run offline; run: pip install -U pulumi")
    if callable(program):
        found = of_function(program, project or "project", config or {})
    else:
        found = read_project(Path(program), stack, config or {}, name=project)
    monitor = RecordingMonitor(LocalProviders(keep), namespace=namespace)
    outcome: Future[tuple[list[str], list[Component]]] = Future()

    def work() -> None:
        try:
            outcome.set_result(contextvars.Context().run(_execute, found, stack, monitor))
        except BaseException as error:
            outcome.set_exception(error)

    # A thread of its own: a second event loop needs one, and an interrupt that is raised within an event loop can get
    # lost in there. Raised here, in join, it ends the wait; the thread ends with the process.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    error = outcome.exception()
    if isinstance(error, KeyboardInterrupt):
        raise error
    if error is not None:
        cause = _root_cause(error)
        raise ProgramError(cause, _remote(monitor)) from cause
    exports, components = outcome.result()
    outputs = {name: monitor.stack_outputs.get(name) for name in exports}
    return Run(monitor.recorded, outputs, monitor.secret_stack_outputs, components, _remote(monitor))


def _execute(project: Project, stack: str, monitor: RecordingMonitor) -> tuple[list[str], list[Component]]:
    """Run the program to its end in this context, and return the names of its exports in order, and its components."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        # set_mocks leaves queues and caches as they are, which all runs of the process would share.
        settings.reset_options(project=project.name, stack=stack, root_directory=str(project.root), preview=False)
        # A placeholder keeps set_mocks from making a stack of its own, whose outputs would be closed already.
        settings.ROOT.set(cast(Any, object()))
        set_mocks(monitor.mocks, project=project.name, stack=stack, preview=False, monitor=monitor)
        settings.ROOT.set(None)
        set_all_config(dict(project.config), list(project.secret_keys))
        with surroundings(project):
            return loop.run_until_complete(_run_in_stack(project))
    finally:
        _close(loop)
        asyncio.set_event_loop(None)


async def _run_in_stack(project: Project) -> tuple[list[str], list[Component]]:
    components: list[Component] = []

    def see(args: pulumi.ResourceTransformationArgs) -> None:
        if isinstance(args.resource, pulumi.ComponentResource):
            components.append(Component(args.name, args.resource))

    def start() -> None:
        # The old kind of transformation, which changes nothing here: it alone is given the resource itself.
        pulumi.runtime.register_stack_transformation(see)
        try:
            project.start()
        except SystemExit as end:
            if end.code:  # sys.exit() and sys.exit(0) are an end like any other
                raise

    await stack_runtime.run_in_stack(start)
    # In here, because a task's changes of context, the root resource among them, end with it.
    return list(getattr(settings.get_root_resource(), "outputs", {})), components


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a failed program left behind, silently: its error is reported already."""
    loop.set_exception_handler(lambda _loop, _context: None)
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


class _Inline(ThreadPoolExecutor):
    """Runs what the SDK sends to its thread pool at once and in place: the order of resources is always the same."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already; for the program's own work a real one."""
        if not str(getattr(fn, "__module__", "")).startswith("pulumi.runtime"):
            return super().submit(fn, *args, **kwargs)
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _root_cause(error: BaseException) -> BaseException:
    """The program's own exception: without what the SDK wrapped around it."""
    sdk, seen = str(Path(str(pulumi.__file__)).parent), {id(error)}
    while error.__cause__ is not None and id(error.__cause__) not in seen:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        if trace is None or not trace.tb_frame.f_code.co_filename.startswith(sdk):
            break
        error = error.__cause__
        seen.add(id(error))
    return error


def _is_object(resource: Recorded) -> bool:
    created = resource.custom and not resource.read and resource.unevaluated is None
    return created and resource.type.startswith("kubernetes:") and {"apiVersion", "kind"} <= resource.inputs.keys()


def _manifest(resource: Recorded) -> Manifest:
    """The object as it would be sent to the API server, without what only Pulumi reads."""
    body = {key: value for key, value in resource.inputs.items() if not key.startswith("__") and key != "status"}
    metadata = dict(resource.outputs.get("metadata") or {})
    if annotations := metadata.pop("annotations", None):
        kept = {key: value for key, value in annotations.items() if not key.startswith(_INTERNAL_ANNOTATIONS)}
        metadata |= {"annotations": kept} if kept else {}
    return Manifest({**body, "metadata": metadata}, resource.secret_paths)


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
    for resource in filter(_is_object, monitor.recorded):
        if resource.unknown_paths:
            before = len(needed)
            follow(set(resource.dependencies))
            if len(needed) == before and not set(resource.dependencies) & missing.keys():
                where = ".".join(map(str, min(resource.unknown_paths, key=str)))
                gaps.append(Unevaluated(resource.type, resource.name, f"{where} is not known", resource.urn))
    essential = [each for each in monitor.unevaluated if each.essential]
    return essential + [each for each in needed.values() if not each.essential] + ([] if essential else gaps)
