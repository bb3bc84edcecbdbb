"""Runs a program to its end in a Pulumi runtime of its own, with a mock monitor in the engine's place."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any, cast

import pulumi
from pulumi.runtime import settings
from pulumi.runtime import stack as stack_runtime
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine, set_mocks

from pulumi_sidecar.runtime.project import Project, ProjectError, organization_name, stack_name, surroundings
from pulumi_sidecar.runtime.recorder import RecordingMonitor
from pulumi_sidecar.runtime.wire import sdk_is_recent


@dataclass(frozen=True)
class Component:
    """A component as the program has it. Its Outputs are of an event loop that has ended: only plain values tell."""

    name: str
    component: pulumi.ComponentResource = field(repr=False)
    urn: str = ""
    """The one that it got; "" where the program caught the error that ended its making."""


Ended = tuple[list[str], list[Component]]
"""The names of a program's exports in order, and the components that it made."""

_FOLDERS = threading.Lock()
"""Held by the program that has the process's working directory."""
_INSIDE = contextvars.ContextVar("_INSIDE", default=False)
"""Whether a program is running here."""


def require_sdk() -> None:
    """Raises ProjectError where the Pulumi SDK is too old to be answered by a mock monitor."""
    if not sdk_is_recent():
        raise ProjectError(f"pulumi {version('pulumi')} is too old to run offline; run: pip install -U pulumi")


def execute(
    project: Project,
    stack: str,
    monitor: RecordingMonitor,
    *,
    organization: str | None = None,
    preview: bool = False,
    engine: MockEngine | None = None,
) -> Future[Ended]:
    """Run a program to its end; the future is done, and has what the program raised.

    `stack` is its name, or ORGANIZATION/PROJECT/STACK; `organization` goes over that one. `engine` gets what the
    program logs. Changes the working directory and sys.path while a folder's program runs, so folders' programs wait
    for one another.
    """
    outcome: Future[Ended] = Future()
    names: dict[str, Any] = {"project": project.name, "stack": stack_name(stack)}
    names["organization"] = organization or organization_name(stack)

    alone = project.directory is not None and not _INSIDE.get()  # one that is started by another has to run at once

    context = contextvars.Context()

    def work() -> None:
        try:
            with _FOLDERS if alone else nullcontext():
                outcome.set_result(context.run(_execute, project, names, monitor, preview, engine))
        except BaseException as error:
            outcome.set_exception(context.run(_first, error))

    # A thread of its own: a second event loop needs one, and an interrupt that is raised within an event loop can get
    # lost in there. Raised here, in join, it ends the wait; the thread ends with the process.
    thread = threading.Thread(target=work, name="pulumi program", daemon=True)
    thread.start()
    thread.join()
    return outcome


def _execute(
    project: Project, names: dict[str, Any], monitor: RecordingMonitor, preview: bool, engine: MockEngine | None
) -> Ended:
    _INSIDE.set(True)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        # set_mocks leaves queues and caches as they are, which all runs of the process would share.
        settings.reset_options(**names, root_directory=str(project.root), preview=preview)
        # A placeholder keeps set_mocks from making a stack of its own, whose outputs would be closed already.
        settings.ROOT.set(cast(Any, object()))
        set_mocks(monitor.mocks, **names, preview=preview, monitor=monitor)
        if engine:
            cast(Any, settings.SETTINGS).engine = engine  # a property of the context, which its type does not say
        settings.ROOT.set(None)
        set_all_config(dict(project.config), list(project.secret_keys))
        with surroundings(project):
            return loop.run_until_complete(_run_in_stack(project))
    finally:
        _close(loop)
        asyncio.set_event_loop(None)


async def _run_in_stack(project: Project) -> Ended:
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
    outputs = list(getattr(settings.get_root_resource(), "outputs", {}))
    return outputs, [replace(each, urn=await _urn(each.component)) for each in components]


async def _urn(of: pulumi.ComponentResource) -> str:
    try:
        return str(await of.urn.future() or "")
    except KeyError:  # the SDK's, for what was not registered
        return ""


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


def _first(error: BaseException) -> BaseException:
    """Where several resources failed, the first of these failures: the SDK raises another one, caused by it."""
    manager = cast(Any, settings.SETTINGS).rpc_manager  # a property of the context, which its type does not say
    first: BaseException | None = manager.unhandled_exception
    return first if first is not None and error.__cause__ is first else error


def root_cause(error: BaseException) -> BaseException:
    """The program's own exception: without what the SDK wrapped around it, which quotes the input's value.

    Known by its words: other exceptions of the SDK (pulumi.ConfigTypeError) have a cause as well and are what a program
    is to see, and where one was raised gets lost on the way through the event loop.
    """
    seen = {id(error)}
    while type(error) in (ValueError, AssertionError) and str(error).startswith("While processing "):
        if error.__cause__ is None or id(error.__cause__) in seen:
            break
        error = error.__cause__
        seen.add(id(error))
    return error
